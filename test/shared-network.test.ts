/** What becomes of `--network container:X` when X ends. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ContainerInspect } from '../src/api/types.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});

after(async () => {
  await daemon.dispose();
});

async function start(name: string, networkMode?: string): Promise<void> {
  const HostConfig = networkMode === undefined ? {} : { NetworkMode: networkMode };
  const body = { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig };
  await daemon.api('POST', `/containers/create?name=${name}`, body);
  await daemon.api('POST', `/containers/${name}/start`);
}

/** As the container itself sees it: '' for none. */
async function addressIn(name: string): Promise<string> {
  const { stdout } = await daemon.slipway('exec', name, 'ip', '-4', '-o', 'addr', 'show');
  return /eth0 +inet ([0-9.]+)/.exec(stdout)?.[1] ?? '';
}

async function addressOf(name: string): Promise<string> {
  const { NetworkSettings } = (await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect;
  return NetworkSettings.Networks.bridge?.IPAddress ?? '';
}

test('who shares its network loses it with it, and may have the new one when it is started again', async () => {
  await start('owner');
  await start('sharer', 'container:owner');
  await start('second', 'container:sharer');
  const first = await addressOf('owner');
  for (const name of ['owner', 'sharer', 'second']) assert.equal(await addressIn(name), first);
  await daemon.api('POST', '/containers/owner/restart?t=0');
  for (const name of ['sharer', 'second']) assert.equal(await addressIn(name), '');
  const now = await addressOf('owner');
  assert.equal(await addressIn('owner'), now);
  await daemon.api('POST', '/containers/sharer/restart?t=0');
  assert.equal(await addressIn('sharer'), now);
  // `second` is still in the namespace of the first run.
  await daemon.api('POST', '/containers/owner/stop?t=0');
  for (const name of ['sharer', 'second']) assert.equal(await addressIn(name), '');
});

test('it loses it, too, when there was no daemon at the end, or the container between them has gone', async () => {
  await start('owner2');
  await start('between', 'container:owner2');
  await start('sharer2', 'container:between');
  await daemon.api('DELETE', '/containers/between?force=1');
  const address = await addressOf('owner2');
  assert.equal(await addressIn('sharer2'), address);
  const { State } = (await daemon.api('GET', '/containers/owner2/json')) as ContainerInspect;
  await daemon.kill();
  process.kill(State.Pid, 'SIGKILL');
  await daemon.start();
  assert.equal(await addressIn('sharer2'), '');
});
