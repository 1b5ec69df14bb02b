import { readFileSync, statfsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Compression } from '../../archive/compression.ts';
import type { Growth } from '../../archive/growth.ts';
import type { ArchiveSource } from '../../archive/read-archive.ts';
import type { UnpackJob, UnpackResult } from '../../archive/rooted/rooted-jobs.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { GraphDriver, StagedLayer } from '../graphdriver/graph-driver.ts';

export type AddLayer = {
  chainId: Digest;
  parent: Digest | undefined;
  /** How many are below it. */
  index: number;
  diffId: Digest;
  /** The blob it is unpacked from: its digest, and an open file. */
  blob: Digest;
  fd: number;
  compression: Compression;
  /** From {@link LayerStore.unpackAhead}. It is of use when it has the same parent, and stays the caller's. */
  unpacking?: UnpackingLayer | undefined;
  /** A container whose files are what the blob unpacks to: it loses them. */
  written?: { containerId: string; sizeBytes: number } | undefined;
  /** How many bytes of the blob have been read. */
  progress?: (bytes: number) => void;
};

/** What may become a layer on top of `parent`. */
export type UnpackingLayer = { parent: Digest | undefined; unpacked: Promise<Unpacked> };

type Unpacked = { staged: StagedLayer; result: UnpackResult };

export type LayerRecord = Pick<AddLayer, 'chainId' | 'parent' | 'diffId' | 'blob'>;

/** `?`: the time, in milliseconds. */
const SELECT_WITH_USE = `
WITH RECURSIVE used (chain_id) AS (
  SELECT chain_id FROM images WHERE chain_id IS NOT NULL
  UNION SELECT chain_id FROM container_layers WHERE chain_id IS NOT NULL
  UNION SELECT digest FROM lease_resources JOIN leases ON leases.id = lease_id
    WHERE kind = 'layer' AND (expires_at_ms IS NULL OR expires_at_ms > ?)
  UNION SELECT layers.parent FROM layers JOIN used USING (chain_id) WHERE layers.parent IS NOT NULL
)
SELECT chain_id, diff_id, chain_id IN (SELECT chain_id FROM used) AS is_used FROM layers`;

const REFERRERS = [
  "SELECT 1 FROM lease_resources WHERE digest = ? AND kind = 'layer' LIMIT 1",
  'SELECT 1 FROM images WHERE chain_id = ? LIMIT 1',
  'SELECT 1 FROM container_layers WHERE chain_id = ? LIMIT 1',
];

/** Unpacked layers by chain ID. */
export class LayerStore {
  readonly #database: DatabaseSync;
  readonly #driver: GraphDriver;
  readonly #threads: RootedThreads;
  readonly #adding = new Map<Digest, Promise<void>>();
  readonly #removing = new Set<Promise<void>>();
  readonly #chains = new Map<Digest, Digest[]>();
  readonly #bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

  constructor(database: DatabaseSync, driver: GraphDriver, threads: RootedThreads) {
    this.#database = database;
    this.#driver = driver;
    this.#threads = threads;
  }

  has(chainId: Digest): boolean {
    return this.#database.prepare('SELECT 1 FROM layers WHERE chain_id = ?').get(chainId) !== undefined;
  }

  /** Size of that layer's files, without those below it. */
  sizeBytes(chainId: Digest): number {
    const row = this.#database.prepare('SELECT size_bytes FROM layers WHERE chain_id = ?').get(chainId);
    return Number(row?.size_bytes ?? 0);
  }

  /** Size of each layer's own files by chain ID: their lengths, not what they take on the disk. */
  sizes(): Map<string, number> {
    const rows = this.#database.prepare('SELECT chain_id, size_bytes FROM layers').all();
    return new Map(rows.map(row => [String(row.chain_id), Number(row.size_bytes)]));
  }

  /** What its files take on the disk, as du counts; undefined when that was not measured yet. */
  diskBytes(chainId: Digest): number | undefined {
    const row = this.#database
      .prepare('SELECT disk_bytes FROM layer_disk_bytes WHERE chain_id = ?')
      .get(chainId);
    return row === undefined ? undefined : Number(row.disk_bytes);
  }

  /** Has all layers measured that were not yet, and are on the disk. */
  async measure(): Promise<void> {
    const rows = this.#database
      .prepare('SELECT chain_id FROM layers WHERE chain_id NOT IN (SELECT chain_id FROM layer_disk_bytes)')
      .all();
    await Promise.all(
      rows.map(async row => {
        const chainId = row.chain_id as Digest;
        const root = this.#driver.layerDirectory(chainId);
        const bytes = await this.#threads.run({ kind: 'measure-disk', root });
        if (bytes === undefined) return;
        // It may have gone meanwhile.
        this.#database
          .prepare(
            'INSERT OR REPLACE INTO layer_disk_bytes SELECT chain_id, ? FROM layers WHERE chain_id = ?',
          )
          .run(bytes, chainId);
      }),
    );
  }

  /** All there are, in no particular order. */
  records(): LayerRecord[] {
    return this.#database
      .prepare('SELECT chain_id, parent, diff_id, blob FROM layers')
      .all()
      .map(row => ({
        chainId: row.chain_id as Digest,
        parent: (row.parent as Digest | null) ?? undefined,
        diffId: row.diff_id as Digest,
        blob: row.blob as Digest,
      }));
  }

  /** All there are, and whether they are in use: of images, of containers, of leases, and all below those. */
  recordsWithUse(): { chainId: Digest; diffId: Digest; isUsed: boolean }[] {
    return this.#database
      .prepare(SELECT_WITH_USE)
      .all(Date.now())
      .map(row => ({
        chainId: row.chain_id as Digest,
        diffId: row.diff_id as Digest,
        isUsed: row.is_used === 1,
      }));
  }

  /** Whether an image, a container or a lease refers to it directly: then all below it are in use, too. */
  isReferred(chainId: Digest): boolean {
    return REFERRERS.some(select => this.#database.prepare(select).get(chainId) !== undefined);
  }

  /** Whether {@link keepBlob} was called for it. */
  isBlobKept(blob: Digest): boolean {
    return this.#database.prepare('SELECT 1 FROM kept_blobs WHERE digest = ?').get(blob) !== undefined;
  }

  /** Notes that a blob cannot be replaced by a recipe. */
  keepBlob(blob: Digest): void {
    this.#database.prepare('INSERT OR IGNORE INTO kept_blobs (digest) VALUES (?)').run(blob);
  }

  /** A layer and all below it, topmost first; none for null. @throws EngineError not-found */
  chain(top: Digest | null): Digest[] {
    if (top === null) return [];
    let chain = this.#chains.get(top);
    if (chain === undefined) {
      chain = this.#readChain(top);
      this.#chains.set(top, chain);
    }
    return chain;
  }

  #readChain(top: Digest): Digest[] {
    const { chain, missing } = this.incompleteChain(top);
    if (missing !== undefined) throw new EngineError('not-found', `layer ${missing} does not exist`);
    return chain;
  }

  /** As {@link chain}, as far as it is there: of an image that is being stored, upper layers may come first. */
  incompleteChain(top: Digest): { chain: Digest[]; missing: Digest | undefined } {
    const chain: Digest[] = [];
    const select = this.#database.prepare('SELECT parent FROM layers WHERE chain_id = ?');
    for (let next: Digest | null = top; next !== null; ) {
      const row = select.get(next);
      if (row === undefined) return { chain, missing: next };
      chain.push(next);
      next = row.parent as Digest | null;
    }
    return { chain, missing: undefined };
  }

  /**
   * Unpacks a layer, unless it is there already. Two calls for one layer do the work once.
   * @throws EngineError invalid-parameter when the blob is not the layer that `diffId` says, or is malformed
   */
  async add(layer: AddLayer): Promise<void> {
    while (!this.has(layer.chainId)) {
      const adding = this.#adding.get(layer.chainId);
      if (adding !== undefined) {
        // If that fails, it is this call's turn.
        await adding.catch(() => undefined);
        continue;
      }
      const own = this.#add(layer).finally(() => this.#adding.delete(layer.chainId));
      this.#adding.set(layer.chainId, own);
      await own;
    }
  }

  async #add(layer: AddLayer): Promise<void> {
    const { chainId, parent, index, diffId, blob, fd, compression, unpacking, written, progress } = layer;
    if (written !== undefined && this.#driver.adoptContainer?.(written.containerId, chainId) === true)
      return this.#record(layer, written);
    const isAhead = unpacking !== undefined && unpacking.parent === parent;
    const { staged, result } = await (isAhead
      ? unpacking.unpacked
      : this.#unpack(parent, { archiveFd: fd, compression }, progress));
    try {
      const actual = result.diffId ?? blob;
      if (actual !== diffId)
        throw new EngineError(
          'invalid-parameter',
          `invalid diffID for layer ${index}: expected "${diffId}", got "${actual}"`,
        );
      staged.commit(chainId);
      this.#record(layer, result);
    } finally {
      await staged.discard();
    }
  }

  /**
   * Begins to unpack a blob that is still being written. The caller gives it to `add`, and discards it
   * with {@link discardUnpacking} in any case, before `archiveFd` is closed.
   */
  unpackAhead(
    parent: Digest | undefined,
    archive: ArchiveSource & { growth: Growth },
    progress?: (bytes: number) => void,
  ): UnpackingLayer {
    const unpacked = this.#unpack(parent, archive, progress);
    // The failure is thrown where `unpacked` is awaited.
    unpacked.catch(() => undefined);
    return { parent, unpacked };
  }

  async #unpack(
    parent: Digest | undefined,
    archive: ArchiveSource,
    progress?: (bytes: number) => void,
  ): Promise<Unpacked> {
    const staged = await this.#driver.stageLayer(parent);
    try {
      const job: UnpackJob = {
        kind: 'unpack',
        ...archive,
        root: staged.directory,
        // The diffId of what is not compressed is the blob's digest.
        hashes: archive.compression !== 'none',
        whiteouts: this.#driver.whiteouts,
        maximumBytes: freeBytes(staged.directory),
      };
      return { staged, result: await this.#threads.run(job, progress) };
    } catch (error) {
      await staged.discard();
      throw error;
    }
  }

  #record({ chainId, parent, diffId, blob }: AddLayer, { sizeBytes }: Pick<UnpackResult, 'sizeBytes'>): void {
    this.#database
      .prepare(
        'INSERT INTO layers (chain_id, parent, diff_id, blob, size_bytes, unsynced_boot) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(chainId, parent ?? null, diffId, blob, sizeBytes, this.#bootId);
  }

  /** Forgets the layer. Its files go in the background; nothing may use it. */
  remove(chainId: Digest): void {
    this.#database.prepare('DELETE FROM layers WHERE chain_id = ?').run(chainId);
    this.#database.prepare('DELETE FROM layer_disk_bytes WHERE chain_id = ?').run(chainId);
    this.#chains.delete(chainId);
    // What fails is left in the driver's trash, for the next process to try again.
    const removing = this.#driver.removeLayer(chainId).catch(() => undefined);
    this.#removing.add(removing);
    void removing.finally(() => this.#removing.delete(removing));
  }

  /** Settles when the files of removed layers have gone. */
  async whenRemoved(): Promise<void> {
    await Promise.all(this.#removing);
  }

  /** Layers whose files have not been synced yet, and those that a power failure may have damaged. */
  unsynced(): { current: Digest[]; suspect: Digest[] } {
    const rows = this.#database
      .prepare('SELECT chain_id, unsynced_boot FROM layers WHERE unsynced_boot IS NOT NULL')
      .all();
    const of = (current: boolean) =>
      rows.filter(row => (row.unsynced_boot === this.#bootId) === current).map(row => row.chain_id as Digest);
    return { current: of(true), suspect: of(false) };
  }

  /** Its files have been written anew. */
  markUnsynced(chainId: Digest): void {
    this.#database
      .prepare('UPDATE layers SET unsynced_boot = ? WHERE chain_id = ?')
      .run(this.#bootId, chainId);
  }

  markSynced(chainIds: readonly Digest[]): void {
    const update = this.#database.prepare('UPDATE layers SET unsynced_boot = NULL WHERE chain_id = ?');
    for (const chainId of chainIds) update.run(chainId);
  }
}

/** Waits until nothing is at work in it any more. Idempotent; no effect on what has become a layer. */
export async function discardUnpacking({ unpacked }: UnpackingLayer): Promise<void> {
  const done = await unpacked.catch(() => undefined);
  await done?.staged.discard();
}

/** A part is left to others: what unpacks to more is taken for a bomb before it has filled the disk. */
function freeBytes(directory: string): number {
  const { bavail, blocks, bsize } = statfsSync(directory);
  // Some file systems do not tell.
  return blocks === 0 ? Number.POSITIVE_INFINITY : Math.floor(bavail * bsize * 0.95);
}
