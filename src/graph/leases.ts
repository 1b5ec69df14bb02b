/** Keeps content and layers that an operation in progress counts on, though no record refers to them yet. */
export class Leases {
  readonly #counts = new Map<string, number>();

  /** Holds `key` until {@link release} has been called as often. */
  hold(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  release(key: string): void {
    const count = (this.#counts.get(key) ?? 0) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }

  isHeld(key: string): boolean {
    return this.#counts.has(key);
  }
}
