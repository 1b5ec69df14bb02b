import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ReservedDatabase } from './reserved-database.ts';

const directory = mkdtempSync(join(tmpdir(), 'slipway-database-'));
after(() => rmSync(directory, { recursive: true }));

const FIRST = 'CREATE TABLE IF NOT EXISTS layers (id TEXT PRIMARY KEY) STRICT;';
const SECOND = 'ALTER TABLE layers ADD COLUMN size INTEGER NOT NULL DEFAULT 0;';

function open(name: string): ReservedDatabase {
  return new ReservedDatabase(join(directory, name));
}

test('each migration is applied once, and to rows of a time without versions', () => {
  const database = open('old.db');
  database.exec(`${FIRST} INSERT INTO layers VALUES ('a');`);
  database.migrate([FIRST]);
  database.migrate([FIRST, SECOND]);
  database.migrate([FIRST, SECOND]);
  assert.deepEqual({ ...database.prepare('SELECT * FROM layers').get() }, { id: 'a', size: 0 });
  database.close();
});

test('an attached database has a version of its own', () => {
  const database = open('main.db');
  database.prepare('ATTACH DATABASE ? AS driver').run(join(directory, 'driver.db'));
  database.migrate(['CREATE TABLE images (id TEXT) STRICT;']);
  database.migrate(['CREATE TABLE driver.layers (id TEXT) STRICT;', 'DROP TABLE driver.layers;'], 'driver');
  const versions = ['main', 'driver'].map(schema => database.prepare(`PRAGMA ${schema}.user_version`).get());
  assert.deepEqual(
    versions.map(row => row?.user_version),
    [1, 2],
  );
  database.close();
});

test('a migration that fails changes nothing', () => {
  const database = open('failing.db');
  assert.throws(() => database.migrate([`${FIRST} nonsense;`]));
  assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 0);
  assert.equal(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables, 0);
  database.close();
});

test('a database of a newer version is refused, and left as it is', () => {
  const database = open('newer.db');
  database.migrate([FIRST, SECOND]);
  assert.throws(() => database.migrate([FIRST]), {
    kind: 'conflict',
    message: /newer\.db has version 2 of its schema, and this program knows up to 1$/,
  });
  database.close();
});
