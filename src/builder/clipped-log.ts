import type { RunOutput } from './solver/shared-runs.ts';

/** Limit for one step's log, which BuildKit has too. */
const LIMIT_BYTES = 2 * 1024 * 1024;
/** How much of the end is kept, where errors are. */
const TAIL_BYTES = 64 * 1024;

/** What a step says, bounded: of one that says more, the beginning and the end. */
export class ClippedLog {
  readonly #say: (output: RunOutput) => void;
  #bytes = 0;
  #tail: RunOutput[] = [];
  #tailBytes = 0;
  #isClipped = false;

  constructor(say: (output: RunOutput) => void) {
    this.#say = say;
  }

  say(output: RunOutput): void {
    const room = LIMIT_BYTES - this.#bytes;
    if (room > 0) {
      const data = output.data.subarray(0, room);
      this.#bytes += data.length;
      this.#say({ ...output, data });
    }
    if (output.data.length > room) this.#keep({ ...output, data: output.data.subarray(Math.max(room, 0)) });
  }

  #keep({ stream, data }: RunOutput): void {
    // A copy, since the piece may be a small part of something large.
    const kept = Buffer.from(data.subarray(Math.max(data.length - TAIL_BYTES, 0)));
    this.#tail.push({ stream, data: kept });
    this.#tailBytes += kept.length;
    while (this.#tailBytes - (this.#tail[0]?.data.length ?? 0) >= TAIL_BYTES) {
      this.#tailBytes -= this.#tail.shift()?.data.length ?? 0;
      this.#isClipped = true;
    }
    this.#isClipped ||= kept.length < data.length;
  }

  /** Says the end of what was left out. */
  end(): void {
    const mark = `\n[output clipped, log limit ${LIMIT_BYTES / 1024 / 1024}MiB reached]\n`;
    if (this.#isClipped) this.#say({ stream: 'stderr', data: Buffer.from(mark) });
    for (const output of this.#tail) this.#say(output);
    this.#tail = [];
  }
}
