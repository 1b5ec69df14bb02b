import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HeldFiles } from './held-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'held-files-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('a file is read as it is now, by one descriptor, until it is closed', () => {
  const path = join(directory, 'counter');
  const files = new HeldFiles();
  writeFileSync(path, '1\n');
  assert.equal(files.read(path), '1\n');
  const open = readdirSync('/proc/self/fd').length;
  writeFileSync(path, '22\n');
  assert.equal(files.read(path), '22\n');
  assert.equal(readdirSync('/proc/self/fd').length, open);
  files.close();
  assert.equal(readdirSync('/proc/self/fd').length, open - 1);
});

test('what hardly ever changes is read once in a while, and at once when it has been changed', () => {
  const path = join(directory, 'limit');
  const files = new HeldFiles();
  writeFileSync(path, '1\n');
  const open = readdirSync('/proc/self/fd').length;
  assert.equal(files.readSettled(path), '1\n');
  assert.equal(readdirSync('/proc/self/fd').length, open);
  writeFileSync(path, '2\n');
  assert.equal(files.readSettled(path), '1\n');
  files.unsettle();
  assert.equal(files.readSettled(path), '2\n');
});

test('what is larger than one read is read whole, what is missing is undefined', () => {
  const path = join(directory, 'large');
  writeFileSync(path, 'x'.repeat(200_000));
  const files = new HeldFiles();
  assert.equal(files.read(path)?.length, 200_000);
  assert.equal(files.read(join(directory, 'missing')), undefined);
  files.close();
});
