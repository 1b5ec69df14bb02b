import { setTimeout as delay } from 'node:timers/promises';

/** Delay before refilling, so that the caller's start is not slowed by it. */
const REFILL_DELAY_MS = 3;

export type ReserveOptions<T> = {
  make: () => Promise<T>;
  /** Discards one that was not taken. */
  discard: (one: T) => void;
  /** How many are kept. Default 2. */
  size?: number;
};

/** Makes what takes long to make before it is needed. */
export class Reserve<T> {
  readonly #make: () => Promise<T>;
  readonly #discard: (one: T) => void;
  readonly #size: number;
  readonly #ready: T[] = [];
  #refilling = false;
  #closed = false;

  constructor({ make, discard, size = 2 }: ReserveOptions<T>) {
    this.#make = make;
    this.#discard = discard;
    this.#size = size;
  }

  /** One that is ready, or else a new one. @throws as `make` */
  async take(): Promise<T> {
    return this.#ready.pop() ?? this.#make();
  }

  /**
   * Makes what is missing, one after the other. Called when the caller has done what it took one for: until then
   * the two would only be in each other's way.
   */
  refill(): void {
    if (this.#refilling) return;
    this.#refilling = true;
    void this.#fill()
      .catch(() => undefined) // The next `take` makes one itself, and throws the error.
      .finally(() => (this.#refilling = false));
  }

  /** One that has come to its end by itself. */
  forget(one: T): void {
    const index = this.#ready.indexOf(one);
    if (index >= 0) this.#ready.splice(index, 1);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    for (const one of this.#ready.splice(0)) this.#discard(one);
  }

  async #fill(): Promise<void> {
    await delay(REFILL_DELAY_MS, undefined, { ref: false });
    while (!this.#closed && this.#ready.length < this.#size) {
      const one = await this.#make();
      if (this.#closed) this.#discard(one);
      else this.#ready.push(one);
    }
  }
}
