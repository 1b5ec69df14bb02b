/** Which builds go on, and since when: what they have used since then is in use. */
export class Activity {
  readonly #starts = new Set<{ atMs: number }>();
  readonly #onEnd: () => void;

  /** `onEnd` is called after each build. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Of the build that has gone on longest; undefined when none does. */
  get oldestStartMs(): number | undefined {
    const starts = [...this.#starts].map(({ atMs }) => atMs);
    return starts.length === 0 ? undefined : Math.min(...starts);
  }

  begin(): Disposable {
    const start = { atMs: Date.now() };
    this.#starts.add(start);
    return {
      [Symbol.dispose]: () => {
        this.#starts.delete(start);
        this.#onEnd();
      },
    };
  }
}
