import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { syscall } from '../../../kernel/libc.ffi.ts';
import { hostFilePath } from '../../model/daemon-options.ts';

import { buildSpec } from '../start/build-spec.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

const F_SETLEASE = 1024;
const F_RDLCK = 0;

const hostsOf = ({ daemon }: TestDaemon, id: string): string =>
  readFileSync(hostFilePath(daemon.options, id, 'hosts'), 'utf8');

async function environmentOf({ daemon }: TestDaemon, id: string): Promise<string[]> {
  const container = daemon.containers.find(id);
  const layer = await daemon.graph.openContainerLayer(id);
  return (await buildSpec(daemon, container, layer)).process?.env ?? [];
}

test('a linked container is found by its alias, its host name and its name, and in variables', async t => {
  const test = await TestDaemon.open(t);
  const ports = { '5432/tcp': {}, '5433/tcp': {}, '5434/tcp': {}, '53/udp': {} };
  const db = await test.run('db', { Hostname: 'dbhost', ExposedPorts: ports, Env: ['PW=x', 'HOME=/h'] });
  const web = await test.run('web', { HostConfig: { Links: ['db:my-db'] } });
  const address = test.state(db).endpoints[0]?.endpoint.addresses[0]?.address;
  assert.match(hostsOf(test, web), new RegExp(`^${address}\tmy-db dbhost db$`, 'm'));
  const environment = await environmentOf(test, web);
  const expected = [
    `MY_DB_PORT=tcp://${address}:5432`,
    'MY_DB_PORT_5432_TCP_PORT_START=5432',
    `MY_DB_PORT_5432_TCP_END=tcp://${address}:5434`,
    'MY_DB_PORT_53_UDP_PROTO=udp',
    'MY_DB_NAME=/web/my-db',
    'MY_DB_ENV_PW=x',
  ];
  for (const variable of expected) assert.ok(environment.includes(variable), variable);
  assert.ok(!environment.some(entry => entry.startsWith('MY_DB_ENV_HOME')));
});

test('links are shown as Docker shows them, also after a container was renamed', async t => {
  const test = await TestDaemon.open(t);
  await test.create('db');
  await test.create('web', { HostConfig: { Links: ['db'] } });
  await test.backend.containerRename('db', 'db2');
  const { HostConfig } = await test.backend.containerInspect('web', { size: false });
  assert.deepEqual(HostConfig.Links, ['/db2:/web/db']);
  const listed = await test.backend.containerList({ all: true, limit: 0, size: false, filters: new Map() });
  assert.deepEqual(
    listed.map(({ Names }) => Names),
    [['/web'], ['/db2', '/web/db']],
  );
  await test.create('again', { HostConfig: { Links: HostConfig.Links } });
  const again = await test.backend.containerInspect('again', { size: false });
  assert.deepEqual(again.HostConfig.Links, ['/db2:/again/db']);
});

test('a linked container that comes back with another address is found again', async t => {
  const test = await TestDaemon.open(t);
  const db = await test.run('db');
  const web = await test.run('web', { HostConfig: { Links: ['db'] } });
  const { endpoint } = test.state(db).endpoints[0] ?? assert.fail('no endpoint');
  const before = hostsOf(test, web);
  const old = endpoint.addresses[0]?.address ?? '';
  assert.ok(before.includes(`${old}\tdb `));
  await test.backend.containerStop('db', { timeoutSeconds: 0 });
  await test.backend.containerStart('db');
  const now = test.state(db).endpoints[0]?.endpoint.addresses[0]?.address ?? '';
  assert.equal(hostsOf(test, web), before.replace(`${old}\tdb `, `${now}\tdb `));
});

test('a container does not start without what it is linked to, also when that has gone', async t => {
  const test = await TestDaemon.open(t);
  const db = await test.run('db');
  const web = await test.run('web', { HostConfig: { Links: ['db:store'] } });
  await test.backend.containerRename(db, 'base');
  await test.backend.containerRemove('base', { force: true, volumes: false, link: false });
  await assert.rejects(test.backend.containerRestart('web', { timeoutSeconds: 0 }), {
    message: 'Cannot restart container web: Cannot link to a non running container: /db AS /web/store',
  });
  assert.equal(test.state(web).status, 'exited');
  const { HostConfig } = await test.backend.containerInspect('web', { size: false });
  assert.deepEqual(HostConfig.Links, ['/db:/web/store']);
});

test('a container starts, whatever those linked to it make of their files', async t => {
  const test = await TestDaemon.open(t);
  const db = await test.run('db');
  const large = await test.run('large', { HostConfig: { Links: ['db'] } });
  const leased = await test.run('leased', { HostConfig: { Links: ['db'] } });
  const missing = await test.run('missing', { HostConfig: { Links: ['db'] } });
  const [largePath, leasedPath, missingPath] = [large, leased, missing].map(id =>
    hostFilePath(test.daemon.options, id, 'hosts'),
  ) as [string, string, string];
  truncateSync(largePath, 2 ** 31);
  rmSync(missingPath);
  const lease = openSync(leasedPath, 'r');
  // The kernel signals the holder of the lease that another process wants to write, and has that process wait.
  const onSignal = () => undefined;
  process.on('SIGIO', onSignal);
  syscall('fcntl', 'F_SETLEASE', lease, F_SETLEASE, F_RDLCK);
  try {
    await test.backend.containerStop('db', { timeoutSeconds: 0 });
    await test.backend.containerStart('db');
    assert.equal(test.state(db).status, 'running');
    assert.equal(statSync(largePath).size, 2 ** 31);
  } finally {
    closeSync(lease);
    process.off('SIGIO', onSignal);
  }
});

test('a link to a container that shares another’s network is one to that other', async t => {
  const test = await TestDaemon.open(t);
  const owner = await test.run('owner');
  await test.create('sharing', { HostConfig: { NetworkMode: 'container:owner' } });
  const web = await test.run('web', { HostConfig: { Links: ['sharing:x'] } });
  const address = test.state(owner).endpoints[0]?.endpoint.addresses[0]?.address;
  assert.match(hostsOf(test, web), new RegExp(`^${address}\tx `, 'm'));
});

test('a link gives a container a further name, which can be taken away', async t => {
  const test = await TestDaemon.open(t);
  const db = await test.run('db');
  const web = await test.run('web', { HostConfig: { Links: ['db:mysql', 'db:sql'] } });
  const find = async (name: string) => (await test.backend.containerInspect(name, { size: false })).Id;
  assert.deepEqual([await find('/web/mysql'), await find('web/sql')], [db, db]);
  const unlink = (name: string) =>
    test.backend.containerRemove(name, { force: false, volumes: false, link: true });
  await unlink('/web/mysql');
  await assert.rejects(find('web/mysql'), { kind: 'not-found', message: 'No such container: web/mysql' });
  assert.doesNotMatch(hostsOf(test, web), /mysql/);
  assert.match(hostsOf(test, web), /\tsql /);
  const { HostConfig } = await test.backend.containerInspect('web', { size: false });
  assert.deepEqual(HostConfig.Links, ['/db:/web/sql']);
  assert.equal(test.state(db).status, 'running');
  await assert.rejects(unlink('web'), {
    kind: 'conflict',
    message: 'Conflict, cannot remove the default link name of the container',
  });
  await assert.rejects(unlink('web/mysql'), { kind: 'not-found' });
});

test('on a user-defined network a link may lead to what is yet to be made', async t => {
  const test = await TestDaemon.open(t);
  await test.backend.networkCreate({ Name: 'own' });
  const id = await test.create('web', { HostConfig: { NetworkMode: 'own', Links: ['later:db'] } });
  assert.equal((await test.backend.containerInspect(id, { size: false })).HostConfig.Links, null);
});

test('on the host’s network there are the hosts that were asked for', async t => {
  const test = await TestDaemon.open(t);
  const id = await test.run('web', { HostConfig: { NetworkMode: 'host', ExtraHosts: ['foo:1.2.3.4'] } });
  assert.match(hostsOf(test, id), /^1\.2\.3\.4\tfoo$/m);
});

test('what cannot be linked to is refused in Docker’s words, and nothing is left', async t => {
  const test = await TestDaemon.open(t);
  const refused = async (link: string, message: string): Promise<void> => {
    await assert.rejects(test.create('web', { HostConfig: { Links: [link] } }), {
      kind: 'invalid-parameter',
      message,
    });
  };
  await refused('nosuch', 'could not get container for nosuch: No such container: nosuch');
  await refused('a:b:c', 'bad format for links: a:b:c');
  await refused('', 'empty string specified for links');
  await test.create('host', { HostConfig: { NetworkMode: 'host' } });
  await refused(
    'host',
    "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
  );
  await test.create('stopped');
  await test.create('web', { HostConfig: { Links: ['stopped:s'] } });
  await assert.rejects(test.backend.containerStart('web'), {
    message: 'Cannot link to a non running container: /stopped AS /web/s',
  });
});
