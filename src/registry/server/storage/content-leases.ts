import type { ContentDigest } from './content-digest.ts';

/**
 * What garbage collection leaves alone although no manifest names it: content that is being stored or served, and, for
 * a while, what a client was told is there, since its manifest is to come.
 */
export class ContentLeases {
  readonly #graceMs: number;
  readonly #counts = new Map<ContentDigest, number>();
  /** When they end, by digest, the first to end first. */
  readonly #ends = new Map<ContentDigest, number>();

  #begun = 0;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Keeps it until the returned value is disposed of. */
  hold(digest: ContentDigest): Disposable {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const count = (this.#counts.get(digest) ?? 0) - 1;
        if (count > 0) this.#counts.set(digest, count);
        else this.#counts.delete(digest);
      },
    };
  }

  /** Keeps it for the time of grace from now on. */
  renew(digest: ContentDigest): void {
    this.#forgetEnded();
    if (!this.isKept(digest)) this.#begun++;
    this.#ends.delete(digest);
    this.#ends.set(digest, Date.now() + this.#graceMs);
  }

  /** How many have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Whether it is being stored or served. */
  isHeld(digest: ContentDigest): boolean {
    return this.#counts.has(digest);
  }

  isKept(digest: ContentDigest): boolean {
    return this.#counts.has(digest) || (this.#ends.get(digest) ?? 0) > Date.now();
  }

  #forgetEnded(): void {
    const now = Date.now();
    for (const [digest, end] of this.#ends) {
      if (end > now) return;
      this.#ends.delete(digest);
    }
  }
}
