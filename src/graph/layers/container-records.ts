import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../base/digest.ts';

export type ContainerRecord = {
  containerId: string;
  /** '' for a layer on top of no image. */
  imageId: Digest | '';
  /** The topmost layer below it; null for nothing. */
  chainId: Digest | null;
};

/** Which containers have a writable layer, and what is below it. */
export class ContainerRecords {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add({ containerId, imageId, chainId }: ContainerRecord): void {
    this.#database
      .prepare('INSERT INTO container_layers (container_id, image_id, chain_id) VALUES (?, ?, ?)')
      .run(containerId, imageId, chainId);
  }

  find(containerId: string): ContainerRecord | undefined {
    const row = this.#database
      .prepare('SELECT * FROM container_layers WHERE container_id = ?')
      .get(containerId);
    return row === undefined ? undefined : recordOf(row);
  }

  /** The ids of what is a container's, too: `ID-…`. */
  further(containerId: string): string[] {
    return this.#database
      .prepare('SELECT container_id FROM container_layers WHERE container_id > ? AND container_id < ?')
      .all(`${containerId}-`, `${containerId}.`)
      .map(row => String(row.container_id));
  }

  list(): ContainerRecord[] {
    return this.#database.prepare('SELECT * FROM container_layers').all().map(recordOf);
  }

  /** Idempotent. */
  remove(containerId: string): void {
    this.#database.prepare('DELETE FROM container_layers WHERE container_id = ?').run(containerId);
  }
}

function recordOf(row: Record<string, unknown>): ContainerRecord {
  return {
    containerId: String(row.container_id),
    imageId: row.image_id as Digest | '',
    chainId: row.chain_id as Digest | null,
  };
}
