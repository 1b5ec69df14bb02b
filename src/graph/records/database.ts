import { ReservedDatabase } from '../../base/reserved-database.ts';
import { makePrivateDatabase } from '../../base/private-files.ts';

/**
 * - A layer is there when it has a row; its directory belongs to the graph driver. `unsynced_boot` is the boot
 *   id of the kernel under which it was unpacked, until its files are known to be on disk.
 * - An image keeps its manifest's blobs (`image_blobs`), and its layers through `chain_id`, NULL for none.
 * - An image that came with an index of several platforms keeps that (`image_indexes`), and all of its blobs.
 * - An image's small documents (configuration, manifest, index) are kept here a second time (`image_documents`):
 *   damaged content of theirs is replaced from here.
 * - A lease keeps content and layers until it expires (leases.ts). Times are milliseconds since the epoch.
 * - `kept_blobs` are those that discard-blobs.ts tried in vain.
 * - A container's writable layer keeps the layers below it, whatever becomes of its image.
 */
const IMAGE_MIGRATIONS = [
  // IF NOT EXISTS: the tables of a time without versions are these.
  `
CREATE TABLE IF NOT EXISTS images (
  id TEXT PRIMARY KEY,
  manifest TEXT NOT NULL,
  chain_id TEXT,
  parent TEXT,
  size_bytes INTEGER NOT NULL,
  last_tagged_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_blobs (
  image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
  digest TEXT NOT NULL,
  PRIMARY KEY (image_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_blobs_by_digest ON image_blobs (digest);
CREATE TABLE IF NOT EXISTS image_indexes (
  image_id TEXT PRIMARY KEY REFERENCES images ON DELETE CASCADE,
  digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_references (
  name TEXT PRIMARY KEY,
  repository TEXT NOT NULL,
  image_id TEXT NOT NULL REFERENCES images
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_references_by_image ON image_references (image_id);
CREATE TABLE IF NOT EXISTS image_documents (
  image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
  digest TEXT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (image_id, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_uses (
  image_id TEXT PRIMARY KEY REFERENCES images ON DELETE CASCADE,
  used_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept_blobs (
  digest TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
  id TEXT PRIMARY KEY,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  labels TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease_resources (
  lease_id TEXT NOT NULL REFERENCES leases ON DELETE CASCADE,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (lease_id, kind, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lease_resources_by_digest ON lease_resources (digest);
`,
];

const DRIVER_MIGRATIONS = [
  `
CREATE TABLE IF NOT EXISTS driver.layers (
  chain_id TEXT PRIMARY KEY,
  parent TEXT,
  diff_id TEXT NOT NULL,
  blob TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  unsynced_boot TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS driver.layer_disk_bytes (
  chain_id TEXT PRIMARY KEY,
  disk_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS driver.container_layers (
  container_id TEXT PRIMARY KEY,
  image_id TEXT NOT NULL,
  chain_id TEXT
) STRICT, WITHOUT ROWID;
`,
];

/**
 * The graph's records: images and their names in `graph.db`, and, in a database of each graph driver's own,
 * which layers it has: after a change of driver the images are there as before, and their layers are unpacked
 * anew. One process at a time uses them.
 */
export function openDatabase(root: string, driver: string): ReservedDatabase {
  const [images, layers] = [`${root}/graph.db`, `${root}/${driver}/layers.db`];
  for (const path of [images, layers]) makePrivateDatabase(path);
  const database = new ReservedDatabase(images, { enableForeignKeyConstraints: true, timeout: 5000 });
  database.prepare('ATTACH DATABASE ? AS driver').run(layers);
  database.reserveFor(layers);
  // NORMAL: a power failure may lose the last transactions, never consistency. What follows a larger change is
  // a sync of the whole file system anyway.
  for (const schema of ['main', 'driver'])
    database.exec(`PRAGMA ${schema}.journal_mode = WAL; PRAGMA ${schema}.synchronous = NORMAL;`);
  database.migrate(IMAGE_MIGRATIONS);
  database.migrate(DRIVER_MIGRATIONS, 'driver');
  return database;
}
