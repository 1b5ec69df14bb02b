import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../../base/digest.ts';
import { openDatabase } from './database.ts';
import { type LeaseResource, Leases } from './leases.ts';

function openLeases(t: TestContext) {
  const root = mkdtempSync(`${tmpdir()}/slipway-leases-`);
  mkdirSync(`${root}/vfs`);
  const lost: LeaseResource[] = [];
  const databases: ReturnType<typeof openDatabase>[] = [];
  t.after(() => {
    for (const database of databases) database.close();
    rmSync(root, { recursive: true, force: true });
  });
  const open = () => {
    const database = openDatabase(root, 'vfs');
    databases.push(database);
    return new Leases(database, resources => lost.push(...resources));
  };
  return { lost, open };
}

const BLOB = digestOf('blob');
const content = { kind: 'content', digest: BLOB } as const;

test('a lease keeps what is added to it, also after a restart, until it is deleted', t => {
  const { lost, open } = openLeases(t);
  const { id } = open().create({ labels: { for: 'a pull' } });
  open().add(id, content);
  open().add(id, content);
  const leases = open();
  assert.deepEqual(
    leases.list().map(lease => lease.labels),
    [{ for: 'a pull' }],
  );
  assert.deepEqual(leases.resources(id), [content]);
  assert.ok(leases.leased('content').has(BLOB));
  assert.ok(!leases.leased('layer').has(BLOB));
  leases.delete(id);
  leases.delete(id);
  assert.deepEqual(lost, [content]);
  assert.deepEqual(leases.list(), []);
  assert.ok(!leases.leased('content').has(BLOB));
});

test('an expired lease keeps nothing, and cannot be used any more', t => {
  const leases = openLeases(t).open();
  const { id } = leases.create({ expiresAt: new Date(Date.now() + 60_000) });
  leases.add(id, content);
  leases.extend(id, new Date(Date.now() - 1));
  assert.ok(!leases.leased('content').has(BLOB));
  assert.deepEqual(leases.list(), []);
  assert.throws(() => leases.add(id, content), { kind: 'not-found' });
});

test('what two leases keep is kept until the second one goes', t => {
  const leases = openLeases(t).open();
  for (const id of ['a', 'b']) {
    leases.create({ id });
    leases.add(id, content);
  }
  assert.throws(() => leases.create({ id: 'a' }), { kind: 'conflict' });
  leases.delete('a');
  assert.ok(leases.leased('content').has(BLOB));
  leases.remove('b', content);
  assert.ok(!leases.leased('content').has(BLOB));
});

test('an operation in progress holds as often as it says so', t => {
  const leases = openLeases(t).open();
  leases.hold(BLOB);
  leases.hold(BLOB);
  leases.release(BLOB);
  assert.ok(leases.isHeld(BLOB));
  leases.release(BLOB);
  assert.ok(!leases.isHeld(BLOB));
});
