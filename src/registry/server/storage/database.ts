import { dirname } from 'node:path';
import { ReservedDatabase } from '../../../base/reserved-database.ts';
import { makePrivateDatabase } from '../../../base/private-files.ts';
import { EngineError } from '../../../base/errors.ts';

/**
 * - Content is there when it has a row in `blobs`, and its file then is whole; manifests are content like any other.
 * - A repository has what is linked in it (`links`), and its manifests, which have what they name in
 *   `manifest_references`. Times are milliseconds since the epoch.
 * - `subject` is what a manifest says something about; `annotations` and `artifact_type` are for lists of those.
 * - An upload's bytes lie in a file of its id; how many there are is that file's size.
 */
const MIGRATIONS = [
  `
CREATE TABLE blobs (
  digest TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL,
  stored_at_ms INTEGER NOT NULL,
  used_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE links (
  repository_id INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
  digest TEXT NOT NULL REFERENCES blobs,
  linked_at_ms INTEGER NOT NULL,
  PRIMARY KEY (repository_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_digest ON links (digest);
CREATE TABLE manifests (
  repository_id INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
  digest TEXT NOT NULL REFERENCES blobs,
  media_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  artifact_type TEXT NOT NULL,
  subject TEXT,
  annotations TEXT,
  pushed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (repository_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX manifests_by_digest ON manifests (digest);
CREATE INDEX manifests_by_subject ON manifests (repository_id, subject, digest) WHERE subject IS NOT NULL;
CREATE TABLE manifest_references (
  repository_id INTEGER NOT NULL,
  digest TEXT NOT NULL,
  child TEXT NOT NULL,
  PRIMARY KEY (repository_id, digest, child),
  FOREIGN KEY (repository_id, digest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX manifest_references_by_child ON manifest_references (repository_id, child);
CREATE TABLE tags (
  repository_id INTEGER NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE,
  digest TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  FOREIGN KEY (repository_id, digest) REFERENCES manifests ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX tags_by_name ON tags (repository_id, name COLLATE BINARY);
CREATE INDEX tags_in_order ON tags (repository_id, name, name COLLATE BINARY);
CREATE INDEX tags_by_digest ON tags (repository_id, digest);
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  repository TEXT NOT NULL,
  owner TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  // The registry that a repository is a copy of; NULL: it was pushed here.
  'ALTER TABLE repositories ADD COLUMN upstream TEXT;',
  // Content that a client was told is there (content-leases.ts).
  'CREATE TABLE leases (digest TEXT PRIMARY KEY, ends_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;',
];

/** By this process: to open the file a second time, and close it, would lose the lock (fcntl(2), "close"). */
const opened = new Set<string>();

/** One process has it at a time, once. The caller closes it. @throws EngineError conflict */
export function openRegistryDatabase(path: string): ReservedDatabase {
  if (opened.has(path)) throw inUse(path);
  makePrivateDatabase(path);
  const database = new ReservedDatabase(path, { enableForeignKeyConstraints: true, timeout: 0 });
  try {
    // A lock that goes with the process, and no shared memory beside the log. What is answered is synced apart from
    // this thread (write-ahead-log.ts).
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; COMMIT',
    );
    database.migrate(MIGRATIONS);
  } catch (error) {
    database.close();
    if (!isLocked(error)) throw error;
    throw inUse(path, error);
  }
  opened.add(path);
  return database;
}

export function closeRegistryDatabase(path: string, database: ReservedDatabase): void {
  database.close();
  opened.delete(path);
}

function inUse(path: string, cause?: unknown): EngineError {
  return new EngineError('conflict', `the registry of ${dirname(path)} is open already`, {
    cause,
    hint: 'Another `slipway registry` serves it: end that first, or ask it over its API.',
  });
}

/** sqlite.org/rescode.html: SQLITE_BUSY. */
function isLocked(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && (errcode & 0xff) === 5;
}
