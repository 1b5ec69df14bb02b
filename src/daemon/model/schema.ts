/** See {@link ReservedDatabase.migrate}. */
export const MIGRATIONS = [
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
  // What layers that are kept uncompressed have been sent as.
  'CREATE TABLE compressed_layers (digest TEXT PRIMARY KEY, descriptor TEXT NOT NULL) STRICT;',
];
