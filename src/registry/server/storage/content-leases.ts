import { isFull } from '../../../base/reserved-database.ts';
import type { ContentDigest } from './content-digest.ts';
import type { LeaseRecord, RegistryRecords } from './records.ts';

/** `savedMs`: the end that is on the disk. */
type Lease = { endsAtMs: number; savedMs: number };

/**
 * What garbage collection leaves alone although no manifest names it: content that is being stored or served, and, for
 * a while, what a client was told is there, since its manifest is to come. The latter outlives this process.
 */
export class ContentLeases {
  readonly #graceMs: number;
  readonly #records: Pick<RegistryRecords, 'leases' | 'saveLease' | 'removeEndedLeases'>;
  readonly #counts = new Map<ContentDigest, number>();
  /** By digest, the first to end first. */
  readonly #leases = new Map<ContentDigest, Lease>();

  #begun = 0;

  constructor(graceMs: number, records: Pick<RegistryRecords, 'leases' | 'saveLease' | 'removeEndedLeases'>) {
    this.#graceMs = graceMs;
    this.#records = records;
    const now = Date.now();
    records.removeEndedLeases(now);
    // By another time of grace than that of before, maybe.
    for (const { digest, endsAtMs } of records.leases(now))
      this.#leases.set(digest, { endsAtMs: Math.min(endsAtMs, now + graceMs), savedMs: endsAtMs });
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

  /** Keeps what has just been stored for the time of grace; after a restart its own time says as much. */
  begin(digest: ContentDigest): void {
    this.#renew(digest);
  }

  /** Keeps what a client is told is there for the time of grace from now on. */
  renew(digest: ContentDigest): void {
    const lease = this.#renew(digest);
    if (lease.savedMs < lease.endsAtMs) lease.savedMs = this.#save(digest, lease.endsAtMs);
  }

  #renew(digest: ContentDigest): Lease {
    this.#forgetEnded();
    if (!this.isKept(digest)) this.#begun++;
    const savedMs = this.#leases.get(digest)?.savedMs ?? 0;
    const lease = { endsAtMs: Date.now() + this.#graceMs, savedMs };
    this.#leases.delete(digest);
    this.#leases.set(digest, lease);
    return lease;
  }

  /** For longer, so that what is asked for all the time is written now and then only. @returns until when it is saved */
  #save(digest: ContentDigest, endsAtMs: number): number {
    const lease: LeaseRecord = { digest, endsAtMs: endsAtMs + Math.max(0, Math.round(this.#graceMs / 2)) };
    try {
      this.#records.saveLease(lease);
      return lease.endsAtMs;
    } catch (error) {
      // What is only read is served on a full disk, too; until a restart it is kept all the same.
      if (!isFull(error)) throw error;
      return 0;
    }
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
    return this.#counts.has(digest) || (this.#leases.get(digest)?.endsAtMs ?? 0) > Date.now();
  }

  /** Forgets those that have ended, on the disk, too. */
  prune(): void {
    this.#forgetEnded();
    this.#records.removeEndedLeases(Date.now());
  }

  #forgetEnded(): void {
    const now = Date.now();
    for (const [digest, { endsAtMs }] of this.#leases) {
      if (endsAtMs > now) return;
      this.#leases.delete(digest);
    }
  }
}
