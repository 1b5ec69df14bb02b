import { parseCpus } from './cpus.ts';
import { parseSize } from './size.ts';

const NANO = 1e9;

/** `cpu=1.5,memory=2g`; '' for nothing. @throws Error with the reason */
export function parseSystemReserve(text: string): { cpus: number; memoryBytes: number } {
  const reserve = { cpus: 0, memoryBytes: 0 };
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', value = ''] = part.split('=', 2);
    if (name === 'cpu') reserve.cpus = parseCpus(value) / NANO;
    else if (name === 'memory') reserve.memoryBytes = Number(parseSize(value));
    else throw new Error(`unknown resource ${JSON.stringify(name)}: want cpu=CPUS,memory=BYTES`);
  }
  if (reserve.cpus < 0) throw new Error(`cpu must not be negative: ${reserve.cpus}`);
  return reserve;
}
