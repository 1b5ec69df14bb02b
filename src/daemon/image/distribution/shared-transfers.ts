import { untilAborted } from '../../../base/until-aborted.ts';

export type TransferWaiter<S> = {
  /** Ends the wait, and with the last one's the transfer. */
  signal: AbortSignal;
  /** Gets how far it is, from the first thing that can be said. */
  onState: (state: S) => void;
};

/** `release` is to be called in the end, by everybody who has one. Idempotent. */
export type TransferResult<T> = { value: T; release(): Promise<void> };

type Entry<T, S> = {
  result: Promise<T>;
  waiters: Set<TransferWaiter<S>>;
  abort: AbortController;
  state: S | undefined;
  ending: Promise<void> | undefined;
};

/** Transfers by key: one that several wait for is made once, and given up when the last of them goes. */
export class SharedTransfers<T, S> {
  readonly #entries = new Map<string, Entry<T, S>>();
  readonly #dispose: (value: T) => Promise<void>;

  /** `dispose` gets each result when its last user has let it go. */
  constructor(dispose: (value: T) => Promise<void>) {
    this.#dispose = dispose;
  }

  /**
   * @param start begins the transfer, where none is under way, or where the one that was has failed: that says nothing of this
   *   waiter, which may have other credentials, or ask another registry
   * @throws what `start` throws; the waiter's signal's reason
   */
  async join(
    key: string,
    waiter: TransferWaiter<S>,
    start: (signal: AbortSignal, onState: (state: S) => void) => Promise<T>,
  ): Promise<TransferResult<T>> {
    for (;;) {
      // One that is being given up is of no use any more.
      for (let other = this.#entries.get(key); other?.ending !== undefined; other = this.#entries.get(key))
        await other.ending;
      waiter.signal.throwIfAborted();
      const known = this.#entries.get(key);
      const entry = known ?? this.#begin(key, start);
      entry.waiters.add(waiter);
      if (entry.state !== undefined) waiter.onState(entry.state);
      const release = () => this.#leave(key, entry, waiter);
      try {
        return { value: await untilAborted(waiter.signal, entry.result), release };
      } catch (error) {
        await release();
        if (known === undefined || waiter.signal.aborted) throw error;
      }
    }
  }

  #begin(key: string, start: (signal: AbortSignal, onState: (state: S) => void) => Promise<T>): Entry<T, S> {
    const abort = new AbortController();
    const { promise, resolve } = Promise.withResolvers<T>();
    const entry: Entry<T, S> = {
      result: promise,
      waiters: new Set(),
      abort,
      state: undefined,
      ending: undefined,
    };
    const onState = (state: S) => {
      entry.state = state;
      for (const waiter of entry.waiters) waiter.onState(state);
    };
    resolve(start(abort.signal, onState));
    entry.result.catch(() => undefined);
    this.#entries.set(key, entry);
    return entry;
  }

  async #leave(key: string, entry: Entry<T, S>, waiter: TransferWaiter<S>): Promise<void> {
    if (!entry.waiters.delete(waiter) || entry.waiters.size > 0) return entry.ending;
    entry.ending = this.#end(key, entry);
    await entry.ending;
  }

  async #end(key: string, entry: Entry<T, S>): Promise<void> {
    entry.abort.abort();
    try {
      const value = await entry.result.catch(() => undefined);
      if (value !== undefined) await this.#dispose(value);
    } finally {
      this.#entries.delete(key);
    }
  }
}
