import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { O_PATH } from '../../kernel/open-beneath.ts';

/** How long what was found holds. */
const FRESH_MS = 100;

/** Whether a process still runs: by its directory of procfs, which never becomes another's (proc(5)). */
export class ProcessWatch implements Disposable {
  readonly #directory: number | undefined;
  #isAlive = true;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(pid: number) {
    try {
      this.#directory = openSync(`/proc/${pid}`, O_PATH | constants.O_DIRECTORY);
    } catch {
      this.#isAlive = false;
    }
  }

  get isAlive(): boolean {
    const now = performance.now();
    if (!this.#isAlive || now - this.#checkedAt < FRESH_MS) return this.#isAlive;
    this.#checkedAt = now;
    this.#isAlive = this.#look();
    return this.#isAlive;
  }

  [Symbol.dispose](): void {
    if (this.#directory !== undefined) closeSync(this.#directory);
  }

  #look(): boolean {
    try {
      const stat = readFileSync(`/proc/self/fd/${this.#directory}/stat`, 'utf8');
      // The state follows the name, which may have any character.
      return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
    } catch {
      return false;
    }
  }
}
