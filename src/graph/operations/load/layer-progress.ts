import type { ProgressMessage } from '../../../api/types.ts';

const BAR_CELLS = 50;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Docker's message about how far a layer is. `id` is what people see of it. */
export function layerProgress(status: string, id: string, current: number, total: number): ProgressMessage {
  return { status, progressDetail: { current, total }, progress: progressBar(current, total), id };
}

/** `[=====>     ]  1.5MB/3MB`, as old clients print it. */
function progressBar(current: number, total: number): string {
  const cells = total <= 0 ? BAR_CELLS : Math.min(Math.floor(((current / total) * 100) / 2), BAR_CELLS);
  const bar = `${'='.repeat(cells)}>${' '.repeat(BAR_CELLS - cells)}`;
  return `[${bar}] ${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

/** Four significant digits, powers of 1000 (docker/go-units HumanSize). */
function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
