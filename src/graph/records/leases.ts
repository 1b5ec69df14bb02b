import { randomUUID } from 'node:crypto';
import type { ReservedDatabase } from '../../base/reserved-database.ts';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';

export type Lease = {
  id: string;
  createdAt: Date;
  /** Never, when undefined. */
  expiresAt?: Date;
  /** The owner's own: who it is for. */
  labels: Record<string, string>;
};

/** A layer stands for all below it, too. */
export type LeaseResource = { kind: 'content' | 'layer'; digest: Digest };

/**
 * Leases keep content and unpacked layers that no image refers to (yet): of a pull or a build that goes on over a
 * restart, of a program that embeds the engine. They are in the database, so they survive everything but their
 * expiry; what they keep need not be there yet when it is added.
 *
 * 1. `create` a lease that expires a good while after the work should be done;
 * 2. `add` every digest to it *before* its content is committed;
 * 3. when the images are recorded, `delete` it: what no image and no other lease keeps goes at once.
 *
 * What an expired lease kept goes with the next check or start.
 */
export interface LeaseRegister {
  /** @throws EngineError conflict when there is one of that id */
  create(options?: { id?: string; expiresAt?: Date; labels?: Record<string, string> }): Lease;
  /** Makes it last longer, or shorter. @throws EngineError not-found */
  extend(id: string, expiresAt: Date | undefined): void;
  /** Idempotent. @throws EngineError not-found for the lease */
  add(id: string, resource: LeaseResource): void;
  /** Idempotent. @throws EngineError not-found for the lease */
  remove(id: string, resource: LeaseResource): void;
  resources(id: string): LeaseResource[];
  /** Everything of a kind that leases keep. */
  leased(kind: LeaseResource['kind']): ReadonlySet<Digest>;
  /** Those that have not expired. */
  list(): Lease[];
  /** Idempotent. */
  delete(id: string): void;
}

type Row = { id: string; created_at_ms: number; expires_at_ms: number | null; labels: string };

const ALIVE = '(expires_at_ms IS NULL OR expires_at_ms > ?)';

export class Leases implements LeaseRegister {
  readonly #database: ReservedDatabase;
  readonly #onLoss: (resources: LeaseResource[]) => void;
  /** How often operations of this process hold a digest; they need no record. */
  readonly #counts = new Map<string, number>();

  /** `onLoss` gets what a lease has kept and does not keep any more. */
  constructor(database: ReservedDatabase, onLoss: (resources: LeaseResource[]) => void) {
    this.#database = database;
    this.#onLoss = onLoss;
  }

  /** Holds `digest` for an operation in progress, until {@link release} has been called as often. */
  hold(digest: Digest): void {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
  }

  /** Ends one {@link hold}. */
  release(digest: Digest): void {
    const count = (this.#counts.get(digest) ?? 0) - 1;
    if (count > 0) this.#counts.set(digest, count);
    else this.#counts.delete(digest);
  }

  /** Whether an operation in progress keeps it. */
  isHeld(digest: Digest): boolean {
    return this.#counts.has(digest);
  }

  leased(kind: LeaseResource['kind']): ReadonlySet<Digest> {
    const rows = this.#database
      .prepare(
        `SELECT DISTINCT digest FROM lease_resources JOIN leases ON leases.id = lease_id WHERE kind = ? AND ${ALIVE}`,
      )
      .all(kind, Date.now());
    return new Set(rows.map(row => row.digest as Digest));
  }

  create({ id = randomUUID(), expiresAt, labels = {} }: Parameters<LeaseRegister['create']>[0] = {}): Lease {
    this.#forgetExpired();
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO leases (id, created_at_ms, expires_at_ms, labels) VALUES (?, ?, ?, ?)')
      .run(id, Date.now(), expiresAt?.getTime() ?? null, JSON.stringify(labels));
    if (changes === 0) throw new EngineError('conflict', `a lease ${id} exists already`);
    return this.#find(id);
  }

  extend(id: string, expiresAt: Date | undefined): void {
    this.#find(id);
    this.#database
      .prepare('UPDATE leases SET expires_at_ms = ? WHERE id = ?')
      .run(expiresAt?.getTime() ?? null, id);
  }

  add(id: string, { kind, digest }: LeaseResource): void {
    this.#find(id);
    this.#database
      .prepare('INSERT OR IGNORE INTO lease_resources (lease_id, kind, digest) VALUES (?, ?, ?)')
      .run(id, kind, digest);
  }

  remove(id: string, { kind, digest }: LeaseResource): void {
    this.#find(id);
    this.#database
      .prepare('DELETE FROM lease_resources WHERE lease_id = ? AND kind = ? AND digest = ?')
      .run(id, kind, digest);
    this.#onLoss([{ kind, digest }]);
  }

  resources(id: string): LeaseResource[] {
    return this.#database
      .prepare('SELECT kind, digest FROM lease_resources WHERE lease_id = ? ORDER BY kind, digest')
      .all(id)
      .map(row => ({ kind: row.kind, digest: row.digest }) as LeaseResource);
  }

  list(): Lease[] {
    const rows = this.#database
      .prepare(`SELECT * FROM leases WHERE ${ALIVE} ORDER BY created_at_ms, id`)
      .all(Date.now()) as Row[];
    return rows.map(leaseOf);
  }

  delete(id: string): void {
    const resources = this.#database.transaction(() => {
      const kept = this.resources(id);
      this.#database.prepare('DELETE FROM leases WHERE id = ?').run(id);
      return kept;
    });
    this.#onLoss(resources);
  }

  /** @throws EngineError not-found, also when it has expired */
  #find(id: string): Lease {
    const row = this.#database
      .prepare(`SELECT * FROM leases WHERE id = ? AND ${ALIVE}`)
      .get(id, Date.now()) as Row | undefined;
    if (row === undefined) throw new EngineError('not-found', `lease ${id}: not found`);
    return leaseOf(row);
  }

  #forgetExpired(): void {
    this.#database.prepare(`DELETE FROM leases WHERE NOT ${ALIVE}`).run(Date.now());
  }
}

function leaseOf({ id, created_at_ms, expires_at_ms, labels }: Row): Lease {
  return {
    id,
    createdAt: new Date(created_at_ms),
    labels: JSON.parse(labels) as Record<string, string>,
    ...(expires_at_ms === null ? {} : { expiresAt: new Date(expires_at_ms) }),
  };
}
