import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NamespaceMaker } from './namespace-maker.ts';

/** So long after one was taken another is made ready: whoever took it goes first. */
const REFILL_DELAY_MS = 3;

/**
 * Network namespaces for containers that want one of their own and nobody else's: some are kept ready, from the
 * first that is asked for, since the kernel takes up to milliseconds to make one.
 */
export class ReadyNamespaces {
  readonly #maker: NamespaceMaker;
  readonly #size: number;
  readonly #ready: number[] = [];
  readonly #abort = new AbortController();

  constructor(maker: NamespaceMaker, size = 2) {
    this.#maker = maker;
    this.#size = size;
  }

  /**
   * One with nothing but its loopback interface, which is up. Returns a descriptor, which the caller closes.
   * @throws as NamespaceMaker.create
   */
  async take(): Promise<number> {
    const ready = this.#ready.pop();
    void this.#refill().catch(() => undefined); // Whoever needs one next makes it, and reports what is wrong.
    return ready ?? this.#maker.create();
  }

  /** Lets go of those that are ready, and of the maker. Idempotent. */
  close(): void {
    this.#abort.abort();
    this.#maker.close();
    for (const descriptor of this.#ready.splice(0)) closeSync(descriptor);
  }

  async #refill(): Promise<void> {
    const { signal } = this.#abort;
    await delay(REFILL_DELAY_MS, undefined, { signal, ref: false });
    if (this.#ready.length >= this.#size) return;
    const descriptor = await this.#maker.create();
    if (signal.aborted || this.#ready.length >= this.#size) closeSync(descriptor);
    else this.#ready.push(descriptor);
  }
}
