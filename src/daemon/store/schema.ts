import type { DatabaseSync } from 'node:sqlite';

/** Each entry brings the database from version `index` to `index + 1`. Entries are never changed, only added. */
const MIGRATIONS = [
  `CREATE TABLE containers (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     record TEXT NOT NULL,
     state TEXT NOT NULL
   ) STRICT;
   CREATE TABLE execs (
     id TEXT PRIMARY KEY,
     container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
     record TEXT NOT NULL
   ) STRICT;
   CREATE INDEX execs_by_container ON execs (container_id);
   CREATE TABLE volumes (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
   CREATE TABLE networks (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT;
   CREATE TABLE leftovers (kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
   CREATE TABLE properties (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
];

/** Brings the schema up to date. @throws RangeError when the database is of a newer version than this program */
export function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > MIGRATIONS.length) {
    throw new RangeError(
      `the state database has version ${version}, this program knows up to ${MIGRATIONS.length}`,
    );
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}
