/** What an image says of its containers is whatever its maker has written: it is used as far as it can be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefaults } from '../../../oci/image-config.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

const UNJUDGED: [string, ContainerDefaults][] = [
  ['a relative volume', { Volumes: { data: {} } }],
  ['a volume that climbs', { Volumes: { '../../x': {} } }],
  ['a volume with colons', { Volumes: { '/a:/b:rw': {} } }],
  ['an unknown stop signal', { StopSignal: 'SIGFOO' }],
  ['a health check every 500 ns', { Healthcheck: { Test: ['NONE'], Interval: 500 } }],
  ['negative health periods', { Healthcheck: { Test: ['NONE'], Interval: -5, Timeout: -1, Retries: -1 } }],
  ['a variable without a name or value', { Env: ['', 'FOO'] }],
  ['ports that are none', { ExposedPorts: { foo: {}, '99999/tcp': {}, '80/xyz': {}, '': {} } }],
];

for (const [what, config] of UNJUDGED) {
  test(`${what} stops neither create, start, stop nor inspect`, async t => {
    const engine = await TestDaemon.open(t);
    engine.graph.setConfig({ Cmd: ['sh'], ...config });
    const id = await engine.run('web', { HostConfig: { PublishAllPorts: true } });
    await engine.backend.containerInspect(id, { size: false });
    const linked = await engine.run('linked', { HostConfig: { Links: ['web'] } });
    await engine.backend.containerStop(id, {});
    assert.deepEqual(engine.execDriver.containers[0]?.signals, [15]);
    await engine.backend.containerRemove(linked, { force: true, volumes: true, link: false });
  });
}

test('a volume’s place is below the container’s root, whatever the image calls it', async t => {
  const engine = await TestDaemon.open(t);
  engine.graph.setConfig({ Cmd: ['sh'], Volumes: { 'a/b/': {}, '../../x': {}, '/y': {} } });
  const id = await engine.create('web');
  const { Mounts } = await engine.backend.containerInspect(id, { size: false });
  assert.deepEqual(
    Mounts.map(({ Destination }) => Destination),
    ['/a/b', '/x', '/y'],
  );
});

test('of an image’s exposed ports, those that can be are published', async t => {
  const engine = await TestDaemon.open(t);
  engine.graph.setConfig({ Cmd: ['sh'], ExposedPorts: { '80': {}, '53/UDP': {}, '7/sctp': {}, x: {} } });
  const id = await engine.run('web', { HostConfig: { PublishAllPorts: true } });
  const ports = engine.state(id).endpoints.flatMap(({ endpoint }) => endpoint.ports);
  assert.deepEqual(
    ports.map(({ protocol, containerPort }) => `${containerPort}/${protocol}`),
    ['53/udp', '7/sctp', '80/tcp'],
  );
});

const REFUSED_AT_START: [string, ContainerDefaults, RegExp][] = [
  ['a variable without a name', { Env: ['=x'] }, /invalid environment variable: name cannot be empty/],
  ['a variable with a NUL byte', { Env: ['A=b\0c'] }, /"A": contains nul byte/],
  ['a relative working directory', { WorkingDir: 'rel/x' }, /Cwd must be an absolute path/],
  ['a user that nobody knows', { User: 'a\0b' }, /unable to find user/],
  ['a volume for the root itself', { Volumes: { '/': {} } }, /to rootfs at "\/"/],
];

for (const [what, config, message] of REFUSED_AT_START) {
  test(`${what} is told of when the container starts`, async t => {
    const engine = await TestDaemon.open(t);
    engine.graph.setConfig({ Cmd: ['sh'], ...config });
    const id = await engine.create('web');
    await assert.rejects(engine.backend.containerStart(id), { kind: 'invalid-parameter', message });
  });
}

test('a volume with a NUL byte is told of when the container is made', async t => {
  const engine = await TestDaemon.open(t);
  engine.graph.setConfig({ Cmd: ['sh'], Volumes: { '/a\0b': {} } });
  await assert.rejects(engine.create('web'), { kind: 'invalid-parameter', message: /invalid volume spec/ });
});

test('a volume whose place the kernel would not take is told of when the container is made', async t => {
  const engine = await TestDaemon.open(t);
  engine.graph.setConfig({
    Cmd: ['sh'],
    Volumes: { [`/${'a'.repeat(1 << 20)}${'/b/..'.repeat(5000)}`]: {} },
  });
  await assert.rejects(engine.create('web'), { kind: 'invalid-parameter', message: /file name too long/ });
});

test('an image of thousands of volumes is not used, and leaves none', async t => {
  const engine = await TestDaemon.open(t);
  const places = Array.from({ length: 1025 }, (_, n) => [`/${n}`, {}]);
  engine.graph.setConfig({ Cmd: ['sh'], Volumes: Object.fromEntries(places) });
  const error = { kind: 'invalid-parameter', message: 'a container has at most 1024 mounts' };
  await assert.rejects(engine.create('web'), error);
  assert.deepEqual(engine.daemon.volumes.all(), []);
  engine.graph.setConfig({ Cmd: ['sh'], Volumes: Object.fromEntries(places.slice(0, 1024)) });
  await engine.create('web');
  const both = { HostConfig: { VolumesFrom: ['web'] }, Volumes: { '/one-more': {} } };
  await assert.rejects(engine.create('both', both), error);
  assert.equal(engine.daemon.volumes.all().length, 1024);
});

test('more arguments and variables than a process can be given are refused when the container is made', async t => {
  const engine = await TestDaemon.open(t);
  engine.graph.setConfig({ Cmd: ['sh'], Env: Array(20_000).fill('A=b') });
  const error = { kind: 'invalid-parameter', message: /^argument list too long/ };
  await assert.rejects(engine.create('web', { Cmd: Array(20_000).fill('x') }), error);
  await engine.run('web');
  const config = { Cmd: Array<string>(40_000).fill('x') };
  await assert.rejects(engine.backend.execCreate('web', config), error);
});
