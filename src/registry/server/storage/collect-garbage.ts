import { opendir, stat } from 'node:fs/promises';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { RetentionRule } from '../config/registry-config.ts';
import { type ContentDigest, isContentDigest } from './content-digest.ts';
import type { RegistryStore } from './registry-store.ts';
import { expiredTags, retentionRuleFor } from './retention.ts';
import {
  type ManifestNode,
  type BlobNode,
  type LinkNode,
  type RepositoryRow,
  SweepRecords,
  type TagRow,
} from './sweep-records.ts';

export type SweepOptions = {
  /** Tells what it would remove, and removes nothing. */
  isDryRun: boolean;
  /** Content and links that are younger stay. */
  graceMs: number;
  retention: readonly RetentionRule[];
  signal: AbortSignal;
};

/** What has been removed, or would be. */
export type SweepReport = {
  tags: number;
  manifests: number;
  links: number;
  blobs: number;
  blobBytes: number;
  uploads: number;
  /** The first thousand of them: `repository:tag`, `repository@digest`, `digest`. */
  items: string[];
};

const PAGE = 500;
const MAXIMUM_ITEMS = 1000;
const MAXIMUM_TRIES = 5;
const UPLOAD_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Removes what nothing leads to, while the registry serves: tags and manifests that retention rules do not keep, links
 * of blobs that no manifest of their repository names, content that no repository has, uploads that nobody goes on with.
 * Decisions and deletions are one turn of the main thread, which every push needs too; between those it waits.
 */
export function collectGarbage(store: RegistryStore, options: SweepOptions): Promise<SweepReport> {
  return new Sweep(store, options).run();
}

class Sweep {
  readonly #store: RegistryStore;
  readonly #records: SweepRecords;
  readonly #options: SweepOptions;
  readonly #nowMs = Date.now();
  readonly #report: SweepReport = {
    tags: 0,
    manifests: 0,
    links: 0,
    blobs: 0,
    blobBytes: 0,
    uploads: 0,
    items: [],
  };
  /** What a dry run has removed in thought. */
  readonly #gone = new Set<string>();

  constructor(store: RegistryStore, options: SweepOptions) {
    this.#store = store;
    this.#records = new SweepRecords(store.records.database);
    this.#options = options;
  }

  async run(): Promise<SweepReport> {
    for (let after = 0; ; ) {
      const repositories = this.#records.repositories(after, PAGE);
      for (const repository of repositories) await this.#sweepRepository(repository);
      after = repositories.at(-1)?.id ?? after;
      if (repositories.length < PAGE) break;
    }
    await this.#sweepLinks();
    await this.#sweepBlobs();
    if (!this.#options.isDryRun) {
      for (const algorithm of ['sha256', 'sha512']) await this.#sweepFiles(algorithm);
      this.#store.leases.prune();
      this.#report.uploads = await this.#store.uploads.removeStale(UPLOAD_AGE_MS);
      await this.#store.synced();
    }
    return this.#report;
  }

  async #sweepRepository(repository: RepositoryRow): Promise<void> {
    const rule = retentionRuleFor(this.#options.retention, repository.name);
    if (rule !== undefined) {
      await this.#expireTags(repository, rule);
      if (rule.keepUntaggedMs !== undefined) await this.#removeUntagged(repository, rule.keepUntaggedMs);
    }
    if (!this.#options.isDryRun) this.#records.removeEmptyRepository(repository.id);
  }

  async #expireTags(repository: RepositoryRow, rule: RetentionRule): Promise<void> {
    const tags: TagRow[] = [];
    for await (const page of pages((after?: TagRow) =>
      this.#records.tags(repository.id, after?.name ?? '', PAGE),
    ))
      tags.push(...page);
    for (const tag of expiredTags(tags, rule, this.#nowMs)) {
      this.#report.tags++;
      this.#note(`${repository.name}:${tag.name}`);
      // Only while it still leads to what was looked at.
      if (!this.#options.isDryRun) this.#records.removeTag(repository.id, tag);
    }
    await this.#breathe();
  }

  /** Whatever a push has changed meanwhile is looked at anew. */
  async #removeUntagged(repository: RepositoryRow, keptMs: number): Promise<void> {
    for (let attempt = 0; attempt < MAXIMUM_TRIES; attempt++) {
      const { changes } = this.#store;
      const manifests: ManifestNode[] = [];
      for await (const page of pages((after?: ManifestNode) =>
        this.#records.manifests(repository.id, after?.digest ?? '', PAGE),
      ))
        manifests.push(...page);
      const kept = await this.#mark(repository, manifests, keptMs);
      // From here to the deletion nothing else has its turn.
      if (this.#store.changes !== changes) continue;
      const untagged = manifests.filter(({ digest }) => !kept.has(digest));
      if (!this.#options.isDryRun)
        this.#store.records.database.transaction(() => {
          for (const { digest } of untagged) this.#records.removeManifest(repository.id, digest);
        });
      this.#report.manifests += untagged.length;
      for (const { digest } of untagged) {
        this.#gone.add(`${repository.id}@${digest}`);
        this.#note(`${repository.name}@${digest}`);
      }
      return;
    }
  }

  /**
   * Manifests that tags lead to, and young ones; what they name, down to the last; and what says something about any of
   * those. A manifest that is named and not here is passed over.
   */
  async #mark(
    repository: RepositoryRow,
    manifests: readonly ManifestNode[],
    keptMs: number,
  ): Promise<Set<ContentDigest>> {
    const known = new Set(manifests.map(({ digest }) => digest));
    const referrers = Map.groupBy(
      manifests.filter(({ subject }) => subject !== undefined),
      ({ subject }) => subject,
    );
    const kept = new Set<ContentDigest>();
    const pending = manifests
      .filter(
        ({ digest, pushedAtMs }) =>
          this.#store.leases.isKept(digest) ||
          pushedAtMs > this.#nowMs - Math.max(keptMs, this.#options.graceMs),
      )
      .map(({ digest }) => digest);
    for await (const page of pages((after?: TagRow) =>
      this.#records.tags(repository.id, after?.name ?? '', PAGE),
    ))
      for (const tag of page) if (!this.#gone.has(`${repository.name}:${tag.name}`)) pending.push(tag.digest);
    const slice = new TimeSlice();
    for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
      if (kept.has(digest) || !known.has(digest)) continue;
      kept.add(digest);
      pending.push(...this.#records.children(repository.id, digest));
      for (const referrer of referrers.get(digest) ?? []) pending.push(referrer.digest);
      if (slice.isOver) await slice.pause();
    }
    return kept;
  }

  async #sweepLinks(): Promise<void> {
    const before = this.#nowMs - this.#options.graceMs;
    const first = { repositoryId: 0, digest: '' as ContentDigest };
    for await (const page of pages((after?: LinkNode) => this.#records.links(after ?? first, PAGE))) {
      for (const link of page) {
        const isLoose = link.isLoose || (this.#options.isDryRun && this.#isLooseThen(link));
        if (!isLoose || link.linkedAtMs > before || this.#store.leases.isKept(link.digest)) continue;
        if (!this.#options.isDryRun && !this.#records.removeLink(link)) continue;
        this.#report.links++;
        this.#gone.add(`${link.repositoryId}/${link.digest}`);
      }
      await this.#breathe();
    }
  }

  /** Whether all that name it are what a dry run would have removed. */
  #isLooseThen({ repositoryId, digest }: { repositoryId: number; digest: ContentDigest }): boolean {
    return this.#parents(repositoryId, digest).every(parent => this.#gone.has(`${repositoryId}@${parent}`));
  }

  #parents(repositoryId: number, child: ContentDigest): string[] {
    return this.#store.records.database
      .prepare('SELECT digest FROM manifest_references WHERE repository_id = ? AND child = ?')
      .all(repositoryId, child)
      .map(row => row.digest as string);
  }

  async #sweepBlobs(): Promise<void> {
    const before = this.#nowMs - this.#options.graceMs;
    for await (const page of pages((after?: BlobNode) => this.#records.blobs(after?.digest ?? '', PAGE))) {
      const loose = page.filter(
        ({ digest, isLoose, storedAtMs }) =>
          (isLoose || (this.#options.isDryRun && this.#isUnownedThen(digest))) &&
          storedAtMs < before &&
          !this.#store.leases.isKept(digest),
      );
      const removed = this.#options.isDryRun ? loose : await this.#removeBlobs(loose);
      for (const { digest, sizeBytes } of removed) {
        this.#report.blobs++;
        this.#report.blobBytes += sizeBytes;
        this.#note(digest);
      }
      await this.#breathe();
    }
  }

  #isUnownedThen(digest: ContentDigest): boolean {
    const { database } = this.#store.records;
    const links = database.prepare('SELECT repository_id AS id FROM links WHERE digest = ?').all(digest);
    const manifests = database
      .prepare('SELECT repository_id AS id FROM manifests WHERE digest = ?')
      .all(digest);
    return (
      links.every(({ id }) => this.#gone.has(`${String(id)}/${digest}`)) &&
      manifests.every(({ id }) => this.#gone.has(`${String(id)}@${digest}`))
    );
  }

  /** Its record goes first, for good: a record without a file would be a blob that is lost. */
  async #removeBlobs(blobs: readonly BlobNode[]): Promise<readonly BlobNode[]> {
    if (blobs.length === 0) return [];
    const removed = this.#store.records.database.transaction(() =>
      blobs.filter(({ digest }) => this.#records.removeBlob(digest)),
    );
    await this.#store.synced();
    for (const { digest } of removed) this.#removeFile(digest);
    return removed;
  }

  /** Unless it has come again. */
  #removeFile(digest: ContentDigest): void {
    const { leases, records, files } = this.#store;
    if (records.blob(digest) === undefined && !leases.isKept(digest)) files.remove(digest);
  }

  /** Files that a crash has left without a record. */
  async #sweepFiles(algorithm: string): Promise<void> {
    const before = this.#nowMs - this.#options.graceMs;
    const directory = `${this.#store.files.root}/blobs/${algorithm}`;
    const slice = new TimeSlice();
    for await (const { name } of await opendir(directory)) {
      if (slice.isOver) await this.#breathe();
      const digest = `${algorithm}:${name}`;
      if (!isContentDigest(digest) || this.#store.records.blob(digest) !== undefined) continue;
      const found = await stat(`${directory}/${name}`).catch(() => undefined);
      if (found !== undefined && found.ctimeMs < before) this.#removeFile(digest);
    }
  }

  #note(item: string): void {
    this.#gone.add(item);
    if (this.#report.items.length < MAXIMUM_ITEMS) this.#report.items.push(item);
  }

  async #breathe(): Promise<void> {
    this.#options.signal.throwIfAborted();
    await new TimeSlice().pause();
  }
}

/** Pages of a list, each found when it is its turn, until one is not full. */
async function* pages<Row>(find: (after: Row | undefined) => Row[]): AsyncGenerator<Row[]> {
  const slice = new TimeSlice();
  for (let after: Row | undefined; ; ) {
    const page = find(after);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1);
    if (slice.isOver) await slice.pause();
  }
}
