/** What is removed while nobody waits for it, but for the builder's end. */
export class Removals {
  readonly #going = new Set<Promise<void>>();

  /** What cannot be removed goes when the engine opens again. */
  begin(removal: Promise<unknown>): void {
    const settled = removal.then(
      () => undefined,
      () => undefined,
    );
    this.#going.add(settled);
    void settled.then(() => this.#going.delete(settled));
  }

  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going);
  }
}
