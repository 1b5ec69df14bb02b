import type { DatabaseSync } from 'node:sqlite';

/** Kinds of rows about something that has gone. They do no harm but take room. `?` when finding: the time, in ms. */
const STALE: Record<string, { find: string; remove: string }> = {
  'an expired lease': {
    find: 'SELECT id AS subject FROM leases WHERE expires_at_ms <= ?',
    remove: 'DELETE FROM leases WHERE id = ?',
  },
  'the size of a layer that has gone': {
    find: 'SELECT chain_id AS subject FROM layer_disk_bytes WHERE ? > 0 AND chain_id NOT IN (SELECT chain_id FROM layers)',
    remove: 'DELETE FROM layer_disk_bytes WHERE chain_id = ?',
  },
  'a note on a blob that has gone': {
    find: 'SELECT digest AS subject FROM kept_blobs WHERE ? > 0 AND digest NOT IN (SELECT blob FROM layers)',
    remove: 'DELETE FROM kept_blobs WHERE digest = ?',
  },
};

/** A row that is about nothing any more; `detail` says what kind. */
export type StaleRecord = { subject: string; detail: string };

/** What `system check` asks of the databases themselves. */
export class RecordChecks {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** What SQLite's own check finds, by database; none when all is well. */
  damage(): { schema: string; detail: string }[] {
    return ['main', 'driver'].flatMap(schema =>
      this.#database
        .prepare(`PRAGMA ${schema}.integrity_check`)
        .all()
        .map(row => ({ schema, detail: String(row.integrity_check) }))
        .filter(({ detail }) => detail !== 'ok'),
    );
  }

  stale(): StaleRecord[] {
    return Object.entries(STALE).flatMap(([detail, { find }]) =>
      this.#database
        .prepare(find)
        .all(Date.now())
        .map(row => ({ subject: String(row.subject), detail })),
    );
  }

  /** Idempotent. */
  remove({ subject, detail }: StaleRecord): void {
    this.#database.prepare(STALE[detail]?.remove ?? '').run(subject);
  }
}
