import { makePrivateDatabase } from '../../base/private-files.ts';
import type { Digest } from '../../base/digest.ts';
import { ReservedDatabase } from '../../base/reserved-database.ts';
import type { BuildLayers } from '../../graph/graph.ts';
import type { LeaseRegister } from '../../graph/records/leases.ts';
import type { CachedLayer, ResultCache } from './result-cache.ts';

export type CacheRecord = CachedLayer & {
  key: Digest;
  description: string;
  lastUsedAtMs: number;
  uses: number;
};

/** Keeps the layers of all that was built, whether an image has them or not. */
export const CACHE_LEASE = 'build-cache';

/** A context has a new key whenever one of its files was touched; what was used last is what others will ask for. */
const MAX_KEYS = 32;

const TABLE = `
CREATE TABLE IF NOT EXISTS results (
  key TEXT PRIMARY KEY,
  chain_id TEXT NOT NULL,
  diff_id TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  description TEXT NOT NULL,
  created_at TEXT NOT NULL,
  last_used_at_ms INTEGER NOT NULL,
  uses INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS results_by_chain ON results (chain_id);
`;

type Row = {
  key: Digest;
  chain_id: Digest;
  diff_id: Digest;
  size_bytes: number;
  description: string;
  created_at: string;
  last_used_at_ms: number;
  uses: number;
};

export type CacheParts = { builds: Pick<BuildLayers, 'has'>; leases: LeaseRegister };

/** The results of operations, by what went into them. */
export class CacheStore implements ResultCache {
  readonly #database: ReservedDatabase;
  readonly #parts: CacheParts;

  /** @param path ':memory:' for none that lasts */
  constructor(path: string, parts: CacheParts) {
    if (path !== ':memory:') makePrivateDatabase(path);
    this.#parts = parts;
    this.#database = new ReservedDatabase(path, { timeout: 5000 });
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${TABLE}`);
    this.#reconcile();
  }

  /** A crash may have left layers without a record, and records without a layer. */
  #reconcile(): void {
    const { leases, builds } = this.#parts;
    if (!leases.list().some(({ id }) => id === CACHE_LEASE)) leases.create({ id: CACHE_LEASE });
    const records = this.list();
    this.remove(records.filter(record => !builds.has(record)).map(({ key }) => key));
    const known = new Set(this.list().flatMap(({ chainId, diffId }) => [chainId, diffId]));
    for (const resource of leases.resources(CACHE_LEASE))
      if (!known.has(resource.digest)) leases.remove(CACHE_LEASE, resource);
  }

  /** What an operation made before, if it is still there. */
  find(key: Digest): CachedLayer | undefined {
    const row = this.#database.prepare('SELECT * FROM results WHERE key = ?').get(key) as Row | undefined;
    if (row === undefined) return undefined;
    const { chainId, diffId, sizeBytes, createdAt } = recordOf(row);
    if (!this.#parts.builds.has({ chainId, diffId })) return undefined;
    this.#database
      .prepare('UPDATE results SET last_used_at_ms = ?, uses = uses + 1 WHERE key = ?')
      .run(Date.now(), key);
    return { chainId, diffId, sizeBytes, createdAt };
  }

  /** The layer is in the lease already. */
  add(key: Digest, { chainId, diffId, sizeBytes, createdAt }: CachedLayer, description: string): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, 1)')
      .run(key, chainId, diffId, sizeBytes, description, createdAt, Date.now());
  }

  keysOf({ chainId }: Pick<CachedLayer, 'chainId'>): Digest[] {
    const rows = this.#database
      .prepare('SELECT key FROM results WHERE chain_id = ? ORDER BY last_used_at_ms DESC LIMIT ?')
      .all(chainId, MAX_KEYS) as Pick<Row, 'key'>[];
    return rows.map(({ key }) => key);
  }

  /** Least recently used first. */
  list(): CacheRecord[] {
    const rows = this.#database.prepare('SELECT * FROM results ORDER BY last_used_at_ms, key').all() as Row[];
    return rows.map(recordOf);
  }

  /** Forgets results; their layers go with the last of them that has them, and with the last image. */
  remove(keys: readonly Digest[]): void {
    const removed = new Set(keys);
    const gone = this.list().filter(({ key }) => removed.has(key));
    const statement = this.#database.prepare('DELETE FROM results WHERE key = ?');
    this.#database.transaction(() => {
      for (const { key } of gone) statement.run(key);
    });
    const kept = new Set(this.list().flatMap(({ chainId, diffId }) => [chainId, diffId]));
    // A layer keeps those below it: topmost first, as they were made last.
    for (const { chainId, diffId } of gone.reverse()) {
      if (!kept.has(chainId)) this.#parts.leases.remove(CACHE_LEASE, { kind: 'layer', digest: chainId });
      if (!kept.has(diffId)) this.#parts.leases.remove(CACHE_LEASE, { kind: 'content', digest: diffId });
    }
  }

  close(): void {
    this.#database.close();
  }
}

function recordOf(row: Row): CacheRecord {
  return {
    key: row.key,
    chainId: row.chain_id,
    diffId: row.diff_id,
    sizeBytes: row.size_bytes,
    description: row.description,
    createdAt: row.created_at,
    lastUsedAtMs: row.last_used_at_ms,
    uses: row.uses,
  };
}
