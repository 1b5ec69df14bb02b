import type { ReservedDatabase } from '../../../base/reserved-database.ts';
import type { ContentDigest } from './content-digest.ts';

export type LeaseRecord = { digest: ContentDigest; endsAtMs: number };
export type BlobRecord = { digest: ContentDigest; sizeBytes: number };

export type ManifestRecord = BlobRecord & {
  mediaType: string;
  /** Its own, or its configuration's media type; '' for none. */
  artifactType: string;
  subject: ContentDigest | undefined;
  annotations: Readonly<Record<string, string>> | undefined;
  pushedAtMs: number;
};

type ManifestRow = {
  digest: string;
  media_type: string;
  size_bytes: number;
  artifact_type: string;
  subject: string | null;
  annotations: string | null;
  pushed_at_ms: number;
};

export type Page = { last: string; count: number };

/** What the registry has, as its database says. Each method is short; lists come in pages. */
export class RegistryRecords {
  readonly database: ReservedDatabase;

  constructor(database: ReservedDatabase) {
    this.database = database;
  }

  // Repositories

  repositoryId(name: string): number | undefined {
    const row = this.database.prepare('SELECT id FROM repositories WHERE name = ?').get(name);
    return row?.id as number | undefined;
  }

  addRepository(name: string): number {
    const known = this.repositoryId(name);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.database.prepare('INSERT INTO repositories (name) VALUES (?)').run(name);
    return Number(lastInsertRowid);
  }

  /** Whether something was pushed to it, and it is no copy of an upstream's. */
  isPushed(name: string): boolean {
    const row = this.database.prepare('SELECT upstream FROM repositories WHERE name = ?').get(name);
    return row !== undefined && row.upstream === null;
  }

  /** Makes a repository, when it is new, a copy of an upstream's. */
  setUpstream(repositoryId: number, upstream: string): void {
    this.database.prepare('UPDATE repositories SET upstream = ? WHERE id = ?').run(upstream, repositoryId);
  }

  /** Names behind `last`, in the order of their bytes. */
  repositories({ last, count }: Page): string[] {
    return this.database
      .prepare('SELECT name FROM repositories WHERE name > ? ORDER BY name LIMIT ?')
      .all(last, count)
      .map(row => row.name as string);
  }

  // Blobs

  blob(digest: ContentDigest): BlobRecord | undefined {
    const row = this.database.prepare('SELECT size_bytes FROM blobs WHERE digest = ?').get(digest);
    return row && { digest, sizeBytes: row.size_bytes as number };
  }

  /** A blob that is linked in a repository. */
  linkedBlob(repository: string, digest: ContentDigest): BlobRecord | undefined {
    const row = this.database
      .prepare(
        `SELECT size_bytes FROM links JOIN blobs USING (digest) JOIN repositories ON id = repository_id
         WHERE name = ? AND links.digest = ?`,
      )
      .get(repository, digest);
    return row && { digest, sizeBytes: row.size_bytes as number };
  }

  /** Repositories that a blob is linked in. */
  repositoriesWith(digest: ContentDigest, count: number): string[] {
    return this.database
      .prepare('SELECT name FROM links JOIN repositories ON id = repository_id WHERE digest = ? LIMIT ?')
      .all(digest, count)
      .map(row => row.name as string);
  }

  /** Content whose file is whole. Idempotent. */
  addBlob({ digest, sizeBytes }: BlobRecord): void {
    const now = Date.now();
    this.database
      .prepare(
        `INSERT INTO blobs (digest, size_bytes, stored_at_ms, used_at_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET size_bytes = excluded.size_bytes, used_at_ms = excluded.used_at_ms`,
      )
      .run(digest, sizeBytes, now, now);
  }

  /** Idempotent: the time is that of the last call. */
  linkIn(repositoryId: number, digest: ContentDigest): void {
    this.database
      .prepare('INSERT OR REPLACE INTO links (repository_id, digest, linked_at_ms) VALUES (?, ?, ?)')
      .run(repositoryId, digest, Date.now());
  }

  /** @returns whether it was linked */
  unlink(repository: string, digest: ContentDigest): boolean {
    const { changes } = this.database
      .prepare(
        'DELETE FROM links WHERE repository_id = (SELECT id FROM repositories WHERE name = ?) AND digest = ?',
      )
      .run(repository, digest);
    return changes > 0;
  }

  /** Blobs that copies of upstreams' repositories have; `isPushed`: others have it, too. */
  cachedBlobs(
    after: string,
    count: number,
  ): { digest: ContentDigest; sizeBytes: number; usedAtMs: number; isPushed: boolean }[] {
    return this.database
      .prepare(
        `SELECT digest, size_bytes, used_at_ms, EXISTS (
           SELECT 1 FROM links JOIN repositories ON id = repository_id
           WHERE links.digest = blobs.digest AND upstream IS NULL
         ) AS is_pushed FROM blobs
         WHERE digest > ? AND EXISTS (SELECT 1 FROM links WHERE links.digest = blobs.digest)
         ORDER BY digest LIMIT ?`,
      )
      .all(after, count)
      .map(row => ({
        digest: row.digest as ContentDigest,
        sizeBytes: row.size_bytes as number,
        usedAtMs: row.used_at_ms as number,
        isPushed: row.is_pushed === 1,
      }));
  }

  /** A blob that only copies of upstreams' repositories have. @returns whether it is forgotten */
  forgetCached(digest: ContentDigest): boolean {
    return this.database.transaction(() => {
      const pushed = this.database
        .prepare(
          `SELECT 1 FROM links JOIN repositories ON id = repository_id WHERE digest = ?1 AND upstream IS NULL
           UNION ALL SELECT 1 FROM manifests WHERE digest = ?1`,
        )
        .get(digest);
      if (pushed !== undefined) return false;
      this.database.prepare('DELETE FROM links WHERE digest = ?').run(digest);
      return this.database.prepare('DELETE FROM blobs WHERE digest = ?').run(digest).changes > 0;
    });
  }

  /** That it is of use. */
  touch(digest: ContentDigest): void {
    this.database.prepare('UPDATE blobs SET used_at_ms = ? WHERE digest = ?').run(Date.now(), digest);
  }

  // Leases

  /** Those that have not ended, the first to end first. */
  leases(nowMs: number): LeaseRecord[] {
    return this.database
      .prepare('SELECT digest, ends_at_ms FROM leases WHERE ends_at_ms > ? ORDER BY ends_at_ms')
      .all(nowMs)
      .map(row => ({ digest: row.digest as ContentDigest, endsAtMs: row.ends_at_ms as number }));
  }

  saveLease({ digest, endsAtMs }: LeaseRecord): void {
    this.database
      .prepare('INSERT OR REPLACE INTO leases (digest, ends_at_ms) VALUES (?, ?)')
      .run(digest, endsAtMs);
  }

  removeEndedLeases(nowMs: number): void {
    this.database.prepare('DELETE FROM leases WHERE ends_at_ms <= ?').run(nowMs);
  }

  // Manifests

  manifest(repository: string, digest: ContentDigest): ManifestRecord | undefined {
    const row = this.database
      .prepare(
        'SELECT manifests.* FROM manifests JOIN repositories ON id = repository_id WHERE name = ? AND digest = ?',
      )
      .get(repository, digest) as ManifestRow | undefined;
    return row && manifestOf(row);
  }

  taggedManifest(repository: string, tag: string): ManifestRecord | undefined {
    const row = this.database
      .prepare(
        `SELECT manifests.* FROM repositories JOIN tags ON tags.repository_id = id
         JOIN manifests ON manifests.repository_id = id AND manifests.digest = tags.digest
         WHERE repositories.name = ? AND tags.name = ? COLLATE BINARY`,
      )
      .get(repository, tag) as ManifestRow | undefined;
    return row && manifestOf(row);
  }

  /** When a tag was set, or last found to be right. */
  taggedAtMs(repository: string, tag: string): number | undefined {
    const row = this.database
      .prepare(
        `SELECT updated_at_ms FROM tags JOIN repositories ON id = repository_id
         WHERE repositories.name = ? AND tags.name = ? COLLATE BINARY`,
      )
      .get(repository, tag);
    return row?.updated_at_ms as number | undefined;
  }

  /** Some of the manifests of a repository that name a blob. */
  manifestsNaming(repository: string, child: ContentDigest): ManifestRecord[] {
    const rows = this.database
      .prepare(
        `SELECT manifests.* FROM repositories JOIN manifest_references r ON r.repository_id = id
         JOIN manifests ON manifests.repository_id = id AND manifests.digest = r.digest
         WHERE repositories.name = ? AND child = ? LIMIT 10`,
      )
      .all(repository, child) as ManifestRow[];
    return rows.map(manifestOf);
  }

  /** A manifest whose file is whole, with what it names, and a tag for it. Within a transaction. */
  addManifest(
    repositoryId: number,
    manifest: ManifestRecord,
    { children, tag }: { children: readonly ContentDigest[]; tag: string | undefined },
  ): void {
    const { digest, mediaType, sizeBytes, artifactType, subject, annotations, pushedAtMs } = manifest;
    this.addBlob(manifest);
    this.database
      .prepare(
        `INSERT INTO manifests
         (repository_id, digest, media_type, size_bytes, artifact_type, subject, annotations, pushed_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
         SET media_type = excluded.media_type, pushed_at_ms = excluded.pushed_at_ms`,
      )
      .run(
        repositoryId,
        digest,
        mediaType,
        sizeBytes,
        artifactType,
        subject ?? null,
        annotations === undefined ? null : JSON.stringify(annotations),
        pushedAtMs,
      );
    const refer = this.database.prepare(
      'INSERT OR IGNORE INTO manifest_references (repository_id, digest, child) VALUES (?, ?, ?)',
    );
    for (const child of children) refer.run(repositoryId, digest, child);
    if (tag !== undefined) this.#tag(repositoryId, { tag, digest });
  }

  #tag(repositoryId: number, { tag, digest }: { tag: string; digest: ContentDigest }): void {
    this.database
      .prepare(
        `INSERT INTO tags (repository_id, name, digest, updated_at_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (repository_id, name COLLATE BINARY)
         DO UPDATE SET digest = excluded.digest, updated_at_ms = excluded.updated_at_ms`,
      )
      .run(repositoryId, tag, digest, Date.now());
  }

  /** With the tags that it has. @returns whether it was there */
  removeManifest(repository: string, digest: ContentDigest): boolean {
    const { changes } = this.database
      .prepare(
        'DELETE FROM manifests WHERE repository_id = (SELECT id FROM repositories WHERE name = ?) AND digest = ?',
      )
      .run(repository, digest);
    return changes > 0;
  }

  /** Manifests that say something about another one, behind `last`, in the order of their digests. */
  referrers(
    repository: string,
    subject: ContentDigest,
    { artifactType, last, count }: Page & { artifactType: string | undefined },
  ): ManifestRecord[] {
    const rows = this.database
      .prepare(
        `SELECT manifests.* FROM manifests JOIN repositories ON id = repository_id
         WHERE name = ? AND subject = ? AND digest > ? AND (? IS NULL OR artifact_type = ?)
         ORDER BY digest LIMIT ?`,
      )
      .all(repository, subject, last, artifactType ?? null, artifactType ?? null, count) as ManifestRow[];
    return rows.map(manifestOf);
  }

  // Tags

  /** Names behind `last`, in lexical order: case counts only between names that are the same without. */
  tags(repositoryId: number, { last, count }: Page): string[] {
    return this.database
      .prepare(
        `SELECT name FROM tags WHERE repository_id = ?1
         AND (name > ?2 OR (name = ?2 AND name COLLATE BINARY > ?2))
         ORDER BY name, name COLLATE BINARY LIMIT ?3`,
      )
      .all(repositoryId, last, count)
      .map(row => row.name as string);
  }

  /** @returns whether it was there */
  removeTag(repository: string, tag: string): boolean {
    const { changes } = this.database
      .prepare(
        `DELETE FROM tags WHERE repository_id = (SELECT id FROM repositories WHERE name = ?)
         AND name = ? COLLATE BINARY`,
      )
      .run(repository, tag);
    return changes > 0;
  }
}

function manifestOf(row: ManifestRow): ManifestRecord {
  return {
    digest: row.digest as ContentDigest,
    sizeBytes: row.size_bytes,
    mediaType: row.media_type,
    artifactType: row.artifact_type,
    subject: (row.subject ?? undefined) as ContentDigest | undefined,
    annotations:
      row.annotations === null ? undefined : (JSON.parse(row.annotations) as Record<string, string>),
    pushedAtMs: row.pushed_at_ms,
  };
}
