import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../base/ids.ts';
import { StateStore } from './state-store.ts';
import { Container } from './container.ts';
import { type ContainerRecord, newState } from './container-record.ts';
import { EMPTY_CONFIG } from './config.ts';
import { upgradeHostConfig } from './host-config.ts';
import { ContainerTable } from './container-table.ts';

function container(name: string, id = newId()): Container {
  return new Container(
    {
      id,
      name,
      config: EMPTY_CONFIG,
      hostConfig: upgradeHostConfig({}),
      networks: {},
    } as unknown as ContainerRecord,
    newState(),
  );
}

test('containers are found by id, name and unambiguous prefix', () => {
  const table = new ContainerTable(new StateStore(':memory:'));
  const first = container('web', `abc1${'0'.repeat(60)}`);
  const second = container('db', `abc2${'0'.repeat(60)}`);
  table.add(first);
  table.add(second);
  assert.equal(table.find(first.id), first);
  assert.equal(table.find('/web'), first);
  assert.equal(table.find('db'), second);
  assert.equal(table.find('abc2'), second);
  assert.throws(() => table.find('abc'), /Multiple IDs found with provided prefix: abc/);
  assert.throws(() => table.find('nope'), /^EngineError: No such container: nope$/);
});

test('a name belongs to one container until it is renamed or removed', () => {
  const store = new StateStore(':memory:');
  const table = new ContainerTable(store);
  const web = container('web');
  table.reserveName('web', web.id);
  table.add(web);
  assert.throws(
    () => table.reserveName('web', newId()),
    new RegExp(
      `^EngineError: Conflict. The container name "/web" is already in use by container "${web.id}"`,
    ),
  );
  table.rename(web, 'old');
  assert.equal(table.lookup('web'), undefined);
  assert.equal(store.containers()[0]?.record.name, 'old');
  table.remove(web, []);
  assert.equal(table.lookup('old'), undefined);
  assert.deepEqual(store.leftovers(), [{ kind: 'container', id: web.id }]);
});

test('a wait for a stop ends when the container stops, or when its time is over', async () => {
  const web = container('web');
  const stopped = web.waitStopped(Number.POSITIVE_INFINITY);
  assert.equal(await web.waitStopped(1), false);
  web.announce('stopped');
  assert.equal(await stopped, true);
});
