import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reloadOptions } from './reload-options.ts';
import { TestDaemon } from '../testing/test-daemon.ts';

test('reloaded options count for new containers, and are announced', async t => {
  const { daemon, backend } = await TestDaemon.open(t);
  const old = await backend.containerCreate('old', { Image: 'box' });
  const events = daemon.events.subscribe({ filters: new Map(), signal: AbortSignal.timeout(5000) });
  const heard = (async () => {
    for await (const event of events) return event;
    return undefined;
  })();
  reloadOptions(daemon, {
    debug: true,
    labels: ['a=2'],
    shmSizeBytes: 1 << 20,
    ipcMode: 'shareable',
    noNewPrivileges: true,
    ulimits: [],
    insecureRegistries: [],
    registryMirrors: [],
  });
  const event = (await heard) ?? assert.fail('nothing was announced');
  assert.deepEqual(
    [event.Type, event.Action, event.Actor.Attributes.labels],
    ['daemon', 'reload', '["a=2"]'],
  );
  const { Attributes } = event.Actor;
  assert.deepEqual(
    ['default-runtime', 'max-concurrent-downloads', 'live-restore', 'features'].map(name => Attributes[name]),
    ['slipway', '3', 'true', 'map[]'],
  );
  const modeOf = async (id: string) =>
    (await backend.containerInspect(id, { size: false })).HostConfig.IpcMode;
  const young = await backend.containerCreate('young', { Image: 'box' });
  assert.deepEqual([await modeOf(old.Id), await modeOf(young.Id)], ['private', 'shareable']);
  const { Labels, Debug } = await backend.info();
  assert.deepEqual([Labels, Debug], [['a=2'], true]);
});
