export type ShortMemoryOptions<Value> = {
  keptMs: number;
  maxCount: number;
  /** Limit for all that is kept, in the unit of the sizes that `keep` is given. */
  maxSize: number;
  /** Called with each value once, when it is no longer kept. */
  onForget?: (value: Value) => void;
};

type Kept<Value> = { value: Value; size: number; timer: NodeJS.Timeout };

/** The latest values by their keys, for a time. It keeps no process alive. */
export class ShortMemory<Value> {
  readonly #kept = new Map<string, Kept<Value>>();
  readonly #options: ShortMemoryOptions<Value>;
  #size = 0;

  constructor(options: ShortMemoryOptions<Value>) {
    this.#options = options;
  }

  /** The key must be new. */
  keep(key: string, value: Value, size: number): void {
    const { keptMs, maxCount, maxSize } = this.#options;
    const timer = setTimeout(() => this.forget(key), keptMs).unref();
    this.#kept.set(key, { value, size, timer });
    this.#size += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxCount && this.#size <= maxSize) break;
      this.forget(oldest);
    }
  }

  get(key: string): Value | undefined {
    return this.#kept.get(key)?.value;
  }

  /** From the oldest to the latest. */
  values(): Value[] {
    return [...this.#kept.values()].map(({ value }) => value);
  }

  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    this.#kept.delete(key);
    this.#size -= kept.size;
    this.#options.onForget?.(kept.value);
  }

  clear(): void {
    for (const key of this.#kept.keys()) this.forget(key);
  }
}
