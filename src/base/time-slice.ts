import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 10;

/**
 * For long loops on the main thread: once the slice is over, `pause` lets everything else have its turn, and the next
 * slice begins.
 */
export class TimeSlice {
  #startedAt = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#startedAt > SLICE_MS;
  }

  async pause(): Promise<void> {
    await nextTurn();
    this.#startedAt = performance.now();
  }
}
