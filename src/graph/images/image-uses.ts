import type { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../base/digest.ts';

/** Notes that an image is used now. Without effect for one that is not there. */
export function markUsed(database: DatabaseSync, imageId: Digest | ''): void {
  database
    .prepare('INSERT OR REPLACE INTO image_uses SELECT id, ? FROM images WHERE id = ?')
    .run(Date.now(), imageId);
}

export function lastUses(database: DatabaseSync): Map<string, Date> {
  const rows = database.prepare('SELECT image_id, used_at_ms FROM image_uses').all();
  return new Map(rows.map(row => [String(row.image_id), new Date(Number(row.used_at_ms))]));
}
