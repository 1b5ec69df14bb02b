import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig } from '../../../api/types.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';
import { networkOwner } from './joined-containers.ts';

test('another container is kept by its id, and one that is not there is refused at once', async t => {
  const engine = await TestDaemon.open(t);
  const target = await engine.create('target');
  for (const mode of ['PidMode', 'IpcMode', 'NetworkMode'] as const) {
    await engine.create(mode, { HostConfig: { [mode]: 'container:target' } });
    const { HostConfig } = await engine.backend.containerInspect(mode, { size: false });
    assert.equal(HostConfig[mode], `container:${target}`);
  }
  const missing = { kind: 'invalid-parameter', message: 'No such container: self' };
  await assert.rejects(engine.create('self', { HostConfig: { PidMode: 'container:self' } }), missing);
  await assert.rejects(engine.create('self', { HostConfig: { IpcMode: 'container:self' } }), missing);
});

test('a network may be shared that is made later, but not with oneself', async t => {
  const engine = await TestDaemon.open(t);
  const refused = async (name: string, message: string) =>
    assert.rejects(engine.backend.containerStart(name), { kind: 'invalid-parameter', message });
  await engine.create('self', { HostConfig: { NetworkMode: 'container:self' } });
  await refused('self', 'cannot join own network namespace');
  await engine.create('early', { HostConfig: { NetworkMode: 'container:late' } });
  await refused('early', 'joining network namespace of container: No such container: late');
  await engine.run('late', { Hostname: 'h', Domainname: 'd' });
  const early = engine.daemon.containers.find('early');
  assert.equal(networkOwner(engine.daemon, early).name, 'late');
});

test('a container that does not run is told of in Docker’s words', async t => {
  const engine = await TestDaemon.open(t);
  const id = await engine.create('target', { HostConfig: { IpcMode: 'shareable' } });
  const refused = async (hostConfig: HostConfig, kind: string, message: string) => {
    const joiner = await engine.create('joiner', { HostConfig: hostConfig });
    await assert.rejects(engine.backend.containerStart(joiner), { kind, message });
    await engine.backend.containerRemove(joiner, { force: true, volumes: false, link: false });
  };
  await refused(
    { PidMode: 'container:target' },
    'conflict',
    `failed to join PID namespace: container ${id} is not running`,
  );
  await refused(
    { IpcMode: 'container:target' },
    'conflict',
    `failed to join IPC namespace: container ${id} is not running`,
  );
  await refused(
    { NetworkMode: 'container:target' },
    'conflict',
    'cannot join network namespace of a non running container: container target is created',
  );
  const own = await engine.run('private', { HostConfig: { IpcMode: 'private' } });
  await refused(
    { IpcMode: 'container:private' },
    'invalid-parameter',
    `failed to join IPC namespace: container ${own}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  );
});

test('a target that was removed is told of when the other starts', async t => {
  const engine = await TestDaemon.open(t);
  for (const [mode, failure] of [
    ['PidMode', 'failed to join PID namespace'],
    ['IpcMode', 'failed to join IPC namespace'],
    ['NetworkMode', 'joining network namespace of container'],
  ] as const) {
    const id = await engine.create('target');
    const joiner = await engine.create(mode, { HostConfig: { [mode]: 'container:target' } });
    await engine.backend.containerRemove(id, { force: true, volumes: false, link: false });
    await assert.rejects(engine.backend.containerStart(joiner), {
      kind: 'invalid-parameter',
      message: `${failure}: No such container: ${id}`,
    });
  }
});

test('containers that share each other’s networks have no owner but themselves', async t => {
  const engine = await TestDaemon.open(t);
  await engine.create('one', { HostConfig: { NetworkMode: 'container:two' } });
  await engine.create('two', { HostConfig: { NetworkMode: 'container:one' } });
  const one = engine.daemon.containers.find('one');
  assert.equal(networkOwner(engine.daemon, one), one);
  await engine.backend.containerInspect('one', { size: false });
});
