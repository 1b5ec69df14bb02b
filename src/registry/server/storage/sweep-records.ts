import type { ReservedDatabase } from '../../../base/reserved-database.ts';
import type { ContentDigest } from './content-digest.ts';
import type { BlobRecord } from './records.ts';

export type RepositoryRow = { id: number; name: string };
export type ManifestNode = { digest: ContentDigest; subject: ContentDigest | undefined; pushedAtMs: number };
export type TagRow = { name: string; digest: ContentDigest; updatedAtMs: number };
export type LinkRow = { repositoryId: number; digest: ContentDigest };
/** `isLoose`: no manifest of its repository names it. */
export type LinkNode = LinkRow & { linkedAtMs: number; isLoose: boolean };
/** `isLoose`: no repository has it. */
export type BlobNode = BlobRecord & { storedAtMs: number; isLoose: boolean };

/** What garbage collection asks of the database: in pages, each of which takes a few milliseconds. */
export class SweepRecords {
  readonly #database: ReservedDatabase;

  constructor(database: ReservedDatabase) {
    this.#database = database;
  }

  repositories(afterId: number, count: number): RepositoryRow[] {
    return this.#database
      .prepare('SELECT id, name FROM repositories WHERE id > ? ORDER BY id LIMIT ?')
      .all(afterId, count) as RepositoryRow[];
  }

  manifests(repositoryId: number, after: string, count: number): ManifestNode[] {
    return this.#database
      .prepare(
        `SELECT digest, subject, pushed_at_ms FROM manifests WHERE repository_id = ? AND digest > ?
         ORDER BY digest LIMIT ?`,
      )
      .all(repositoryId, after, count)
      .map(row => ({
        digest: row.digest as ContentDigest,
        subject: (row.subject ?? undefined) as ContentDigest | undefined,
        pushedAtMs: row.pushed_at_ms as number,
      }));
  }

  /** What a manifest names: blobs and manifests. */
  children(repositoryId: number, digest: ContentDigest): ContentDigest[] {
    return this.#database
      .prepare('SELECT child FROM manifest_references WHERE repository_id = ? AND digest = ?')
      .all(repositoryId, digest)
      .map(row => row.child as ContentDigest);
  }

  tags(repositoryId: number, after: string, count: number): TagRow[] {
    return this.#database
      .prepare(
        `SELECT name, digest, updated_at_ms FROM tags WHERE repository_id = ? AND name > ? COLLATE BINARY
         ORDER BY name COLLATE BINARY LIMIT ?`,
      )
      .all(repositoryId, after, count)
      .map(row => ({
        name: row.name as string,
        digest: row.digest as ContentDigest,
        updatedAtMs: row.updated_at_ms as number,
      }));
  }

  links(after: LinkRow, count: number): LinkNode[] {
    return this.#database
      .prepare(
        `SELECT repository_id, digest, linked_at_ms, NOT EXISTS (
           SELECT 1 FROM manifest_references r WHERE r.repository_id = l.repository_id AND r.child = l.digest
         ) AS is_loose FROM links l WHERE (repository_id, digest) > (?, ?) ORDER BY repository_id, digest LIMIT ?`,
      )
      .all(after.repositoryId, after.digest, count)
      .map(row => ({
        repositoryId: row.repository_id as number,
        digest: row.digest as ContentDigest,
        linkedAtMs: row.linked_at_ms as number,
        isLoose: row.is_loose === 1,
      }));
  }

  blobs(after: string, count: number): BlobNode[] {
    return this.#database
      .prepare(
        `SELECT digest, size_bytes, stored_at_ms,
           NOT EXISTS (SELECT 1 FROM links WHERE links.digest = blobs.digest)
           AND NOT EXISTS (SELECT 1 FROM manifests WHERE manifests.digest = blobs.digest) AS is_loose
         FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?`,
      )
      .all(after, count)
      .map(row => ({
        digest: row.digest as ContentDigest,
        sizeBytes: row.size_bytes as number,
        storedAtMs: row.stored_at_ms as number,
        isLoose: row.is_loose === 1,
      }));
  }

  removeTag(repositoryId: number, { name, digest }: TagRow): void {
    this.#database
      .prepare('DELETE FROM tags WHERE repository_id = ? AND name = ? COLLATE BINARY AND digest = ?')
      .run(repositoryId, name, digest);
  }

  removeManifest(repositoryId: number, digest: ContentDigest): void {
    this.#database
      .prepare('DELETE FROM manifests WHERE repository_id = ? AND digest = ?')
      .run(repositoryId, digest);
  }

  /** Unless a manifest names it by now. @returns whether it is gone */
  removeLink({ repositoryId, digest }: LinkRow): boolean {
    const { changes } = this.#database
      .prepare(
        `DELETE FROM links WHERE repository_id = ?1 AND digest = ?2 AND NOT EXISTS (
           SELECT 1 FROM manifest_references WHERE repository_id = ?1 AND child = ?2)`,
      )
      .run(repositoryId, digest);
    return changes > 0;
  }

  /** Unless a repository has it by now. @returns whether it is gone */
  removeBlob(digest: ContentDigest): boolean {
    const { changes } = this.#database
      .prepare(
        `DELETE FROM blobs WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM links WHERE digest = ?1)
         AND NOT EXISTS (SELECT 1 FROM manifests WHERE digest = ?1)`,
      )
      .run(digest);
    return changes > 0;
  }

  /** One that has nothing. */
  removeEmptyRepository(id: number): void {
    this.#database
      .prepare(
        `DELETE FROM repositories WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM links WHERE repository_id = ?1)
         AND NOT EXISTS (SELECT 1 FROM manifests WHERE repository_id = ?1)`,
      )
      .run(id);
  }
}
