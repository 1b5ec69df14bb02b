import { closeSync, type FSWatcher, fstatSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { startTimer } from '../../../base/start-timer.ts';
import { nowNs } from '../../model/clock.ts';
import { inodeOf, type LogStart, openLogFiles, readAt, tailStarts } from './log-files.ts';
import { type LogSelection, parseLogLine, renderLogLine } from './log-line.ts';

export type ReadLogsOptions = LogSelection & {
  path: string;
  /** Undefined for all. */
  tail?: number;
  follow: boolean;
  signal: AbortSignal;
  /** Whether nothing more will be written; asked before the file is read to its end for the last time. */
  isOver: () => boolean;
  /** Calls back when `isOver` may have changed. Returns what ends that. */
  onOver: (callback: () => void) => () => void;
};

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;
/** The shim writes shorter ones: what is longer is no line, and is not kept in memory. */
const LONGEST_LINE = 1 << 20;

/** What `docker logs` prints, in pieces; every file and watch is closed when the iteration ends. */
export async function* readLogs(options: ReadLogsOptions): AsyncGenerator<Buffer, void, undefined> {
  const wakeup = options.follow ? new Wakeup(options) : undefined;
  const files = await openLogFiles(options.path);
  try {
    const starts = options.tail === undefined ? [] : await tailStarts(files, options.tail);
    for (const [index, file] of files.slice(0, -1).entries()) {
      if (yield* readFile(file, new LineReader(starts[index]), options)) return;
    }
    const live = files.at(-1);
    const reader = new LineReader(starts[files.length - 1]);
    if (wakeup !== undefined) yield* follow({ files, live, reader }, wakeup, options);
    else if (live !== undefined) yield* readFile(live, reader, options);
  } finally {
    wakeup?.close();
    for (const file of files) closeSync(file);
  }
}

type Following = { files: number[]; live: number | undefined; reader: LineReader };

async function* follow(
  following: Following,
  wakeup: Wakeup,
  options: ReadLogsOptions,
): AsyncGenerator<Buffer, void, undefined> {
  let { live, reader } = following;
  for (;;) {
    const isOver = options.isOver() || options.signal.aborted;
    wakeup.reset();
    const next = await openLogFiles(options.path);
    following.files.push(...next);
    const position = positionOf(live, next);
    if (live !== undefined && (yield* readFile(live, reader, options))) return;
    // After rotations, read each file that came after the one at hand.
    for (const file of next.slice(position + 1)) {
      live = file;
      reader = new LineReader();
      if (yield* readFile(live, reader, options)) return;
    }
    closeAllBut(following, live);
    if (isOver) return;
    if (options.untilNs !== undefined && nowNs() > options.untilNs) return;
    await wakeup.wait();
  }
}

/** Where the file at hand stands among those of now; before all of them, if it is gone. */
function positionOf(live: number | undefined, files: readonly number[]): number {
  if (live === undefined) return -1;
  return files.map(inodeOf).indexOf(inodeOf(live));
}

function closeAllBut(following: Following, live: number | undefined): void {
  const others = following.files.filter(file => file !== live);
  following.files.splice(0, following.files.length, ...(live === undefined ? [] : [live]));
  for (const file of others) closeSync(file);
}

/** Yields what there is up to the end of the file. Returns true when nothing later is wanted. */
async function* readFile(
  file: number,
  reader: LineReader,
  options: ReadLogsOptions,
): AsyncGenerator<Buffer, boolean, undefined> {
  for (;;) {
    const lines = await reader.read(file);
    if (lines === undefined) return false;
    const pieces: Buffer[] = [];
    let isEnd = options.signal.aborted;
    for (const text of lines) {
      const line = parseLogLine(text);
      const rendered = line === undefined ? undefined : renderLogLine(line, options);
      if (rendered === 'end') isEnd = true;
      else if (rendered !== undefined) pieces.push(rendered);
      if (isEnd) break;
    }
    if (pieces.length > 0) yield Buffer.concat(pieces);
    if (isEnd) return true;
    if (reader.isAtEnd && !options.follow) return false;
  }
}

/** Reads whole lines, and keeps the beginning of one that is still being written. */
class LineReader {
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);
  /** As of the last reading. */
  isAtEnd = false;

  /** Read before the reader was there. */
  #data: Buffer | undefined;

  constructor({ offset, data }: LogStart = { offset: 0 }) {
    this.#offset = offset;
    this.#data = data;
  }

  /** Undefined at the end of the file. */
  async read(file: number): Promise<string[] | undefined> {
    const next = this.#data ?? (await readAt(file, this.#offset, CHUNK_BYTES));
    this.#data = undefined;
    if (next.length === 0) return this.#wasTruncated(file) ? [] : undefined;
    this.#offset += next.length;
    this.isAtEnd = next.length < CHUNK_BYTES;
    const data = Buffer.concat([this.#rest, next]);
    const end = data.lastIndexOf(NEWLINE) + 1;
    this.#rest = data.subarray(end);
    if (this.#rest.length > LONGEST_LINE) this.#rest = Buffer.alloc(0);
    return end === 0 ? [] : data.toString('utf8', 0, end - 1).split('\n');
  }

  /** By hand, to make room: what is written from then on is read. */
  #wasTruncated(file: number): boolean {
    const { size } = fstatSync(file);
    if (size >= this.#offset) return false;
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
    return true;
  }
}

/** Wakes a follower: the file's directory changed, its container stopped, the client left, the time is over. */
class Wakeup {
  readonly #watcher: FSWatcher;
  readonly #stops: (() => void)[];
  #wake: () => void = () => undefined;
  #isPending = false;

  constructor({ path, signal, untilNs, onOver }: ReadLogsOptions) {
    const wake = (): void => {
      this.#isPending = true;
      this.#wake();
    };
    this.#watcher = watch(dirname(path), wake);
    this.#watcher.on('error', wake);
    signal.addEventListener('abort', wake, { once: true });
    const delayMs =
      untilNs === undefined ? Number.POSITIVE_INFINITY : Number((untilNs - nowNs()) / 1_000_000n) + 1;
    this.#stops = [onOver(wake), startTimer(delayMs, wake), () => signal.removeEventListener('abort', wake)];
  }

  /** To be called before looking at what may have changed. */
  reset(): void {
    this.#isPending = false;
  }

  async wait(): Promise<void> {
    if (this.#isPending) return;
    await new Promise<void>(resolve => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#watcher.close();
    for (const stop of this.#stops) stop();
  }
}
