import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { Content } from '../content/content.ts';

/** What has more is a layer. */
const MAXIMUM_BYTES = 128 * 1024;

/**
 * The small documents of images (configurations, manifests, indexes), which the database has a second time: one
 * bad sector there must not cost an image.
 */
export class Documents implements Pick<Content, 'read'> {
  readonly #database: DatabaseSync;
  readonly #content: Content;

  constructor(database: DatabaseSync, content: Content) {
    this.#database = database;
    this.#content = content;
  }

  /** From the store, or, where that has lost it, the second copy. @throws EngineError not-found, data-loss */
  read(digest: Digest): Buffer {
    try {
      return this.#content.read(digest);
    } catch (error) {
      const copy = error instanceof EngineError ? this.copyOf(digest) : undefined;
      if (copy === undefined) throw error;
      return copy;
    }
  }

  copyOf(digest: Digest): Buffer | undefined {
    const row = this.#database
      .prepare('SELECT data FROM image_documents WHERE digest = ? LIMIT 1')
      .get(digest);
    return row === undefined ? undefined : Buffer.from(row.data as Uint8Array);
  }

  /** Makes the second copies of an image's documents, as far as they are whole. Idempotent. */
  keep(imageId: Digest): void {
    const blobs = this.#database
      .prepare(
        `SELECT digest FROM image_blobs WHERE image_id = ? AND digest NOT IN (SELECT blob FROM layers)
         AND digest NOT IN (SELECT digest FROM image_documents WHERE image_id = ?)`,
      )
      .all(imageId, imageId)
      .map(row => row.digest as Digest);
    const insert = this.#database.prepare(
      'INSERT OR IGNORE INTO image_documents (image_id, digest, data) VALUES (?, ?, ?)',
    );
    for (const digest of blobs) {
      const data = this.#readSmall(digest);
      if (data !== undefined) insert.run(imageId, digest, data);
    }
  }

  #readSmall(digest: Digest): Buffer | undefined {
    try {
      return this.#content.sizeOf(digest) > MAXIMUM_BYTES ? undefined : this.#content.read(digest);
    } catch (error) {
      if (error instanceof EngineError) return undefined;
      throw error;
    }
  }
}
