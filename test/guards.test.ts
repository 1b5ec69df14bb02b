/** Guarded sysctls and pressure limits of the daemon's containers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

type Event = { Action: string; Actor: { ID: string; Attributes: Record<string, string> } };
const TTL = '/proc/sys/net/ipv4/ip_default_ttl';
const SOMAXCONN = '/proc/sys/net/core/somaxconn';

describe('guards', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.start();
    const { code, stderr } = await daemon.slipway('image', 'bootstrap', 'busybox');
    assert.equal(code, 0, stderr);
  });

  after(async () => {
    await daemon.dispose();
  });

  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await daemon.slipway('run', ...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  async function eventsOf(id: string, action: string): Promise<Record<string, string>[]> {
    const until = Math.ceil(Date.now() / 1000);
    const filters = encodeURIComponent(JSON.stringify({ container: [id] }));
    const text = await daemon.text('GET', `/events?since=0&until=${until}&filters=${filters}`);
    const events = text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Event]));
    return events.filter(({ Action }) => Action === action).map(({ Actor }) => Actor.Attributes);
  }

  test('a privileged container writes no sysctls but those it is allowed, and each attempt is an event', async () => {
    const script = `echo 65 > ${TTL}; echo 77 > ${SOMAXCONN}; cat ${SOMAXCONN}; sleep 1000`;
    const flags = ['--privileged', '--sysctl-allow', 'net.core.*', '--sysctl', 'net.ipv4.ip_default_ttl=66'];
    const id = await run('-d', ...flags, 'busybox', 'sh', '-c', script);
    await until(async () => (await daemon.slipway('logs', id)).stdout.trim() === '77');
    await until(async () => (await eventsOf(id, 'sysctl')).length > 0);
    const [event] = await eventsOf(id, 'sysctl');
    assert.deepEqual(
      [event?.sysctl, event?.value, event?.verdict],
      ['net.ipv4.ip_default_ttl', '65', 'denied'],
    );
    // What the engine itself has set for it is set.
    assert.equal((await daemon.slipway('exec', id, 'cat', TTL)).stdout.trim(), '66');
    await daemon.kill('SIGKILL');
    await daemon.start();
    assert.notEqual((await daemon.slipway('exec', id, 'sh', '-c', `echo 65 > ${TTL}`)).code, 0);
    await until(async () => (await eventsOf(id, 'sysctl')).length > 0);
    const { code, stderr } = await daemon.slipway('update', '--sysctl-guard', 'off', id);
    assert.equal(code, 0, stderr);
    assert.equal((await daemon.slipway('exec', id, 'sh', '-c', `echo 65 > ${TTL}`)).code, 0);
    await daemon.slipway('rm', '-f', id);
  });

  test('others are guarded when they are told to be, and privileged ones are not when they are told not to be', async () => {
    const write = ['sh', '-c', `echo 65 > ${TTL} && cat ${TTL}`];
    assert.equal(await run('--rm', '--privileged', '--sysctl-guard', 'off', 'busybox', ...write), '65');
    const { code } = await daemon.slipway('run', '--rm', '--privileged', 'busybox', ...write);
    assert.notEqual(code, 0);
    const audited = await run('--privileged', '--sysctl-guard', 'audit', 'busybox', ...write);
    assert.equal(audited, '65');
  });

  test('too much pressure is an event, and best-effort neighbours get less or are stopped', async () => {
    const busy = ['busybox', 'sh', '-c', 'while :; do :; done & while :; do :; done'];
    const neighbour = await run('-d', '--qos', 'best-effort', ...busy);
    const limit = ['--cpus', '0.1', '--pressure-limit', 'cpu=some:1:500ms'];
    const id = await run('-d', ...limit, '--pressure-action', 'throttle', ...busy);
    await until(async () => (await eventsOf(id, 'pressure')).length > 0);
    const [event] = await eventsOf(id, 'pressure');
    assert.deepEqual([event?.resource, event?.limit, event?.action], ['cpu', 'cpu=some:1:500ms', 'throttle']);
    assert.equal(event?.neighbours, neighbour);
    const { code, stderr } = await daemon.slipway('update', '--pressure-action', 'stop', id);
    assert.equal(code, 0, stderr);
    const status = async () =>
      ((await daemon.api('GET', `/containers/${neighbour}/json`)) as { State: { Status: string } }).State
        .Status;
    await until(async () => (await status()) === 'exited');
    await daemon.slipway('rm', '-f', id, neighbour);
  });

  test('a container connects and sends only to where it may, and to itself', async () => {
    const server = await run('-d', 'busybox', 'sh', '-c', 'nc -ll -p 80 -e echo hi');
    const { NetworkSettings } = (await daemon.api('GET', `/containers/${server}/json`)) as {
      NetworkSettings: { IPAddress: string };
    };
    const address = NetworkSettings.IPAddress;
    const fetched = async (...flags: string[]) => {
      const command = ['sh', '-c', `nc -w 5 ${address} 80 < /dev/null 2>&1; true`];
      return (await daemon.slipway('run', '--rm', ...flags, 'busybox', ...command)).stdout.trim();
    };
    await until(async () => (await fetched()) === 'hi');
    assert.equal(await fetched('--network-guard', `${address}:80`), 'hi');
    assert.equal(await fetched('--network-guard', `192.0.2.0/24`, '--network-guard', `${address}/30`), 'hi');
    for (const rule of [`${address}:81`, '192.0.2.0/24', 'none'])
      assert.match(await fetched('--network-guard', rule), /Operation not permitted/);
    const own =
      'httpd -p 80 -h /etc; until wget -q -O - http://127.0.0.1/hostname; do sleep 0.1; done; echo self';
    const { stdout } = await daemon.slipway(
      'run',
      '--rm',
      '--network-guard',
      'none',
      'busybox',
      'sh',
      '-c',
      own,
    );
    assert.match(stdout, /self/);
    const id = await run('-d', 'busybox', 'sleep', '1000');
    const connect = ['exec', id, 'nc', '-w', '5', address, '80'];
    assert.equal((await daemon.slipway(...connect)).stdout.trim(), 'hi');
    assert.equal((await daemon.slipway('update', '--network-guard', 'none', id)).code, 0);
    assert.notEqual((await daemon.slipway(...connect)).code, 0);
    assert.equal((await daemon.slipway('update', '--network-guard', 'off', id)).code, 0);
    assert.equal((await daemon.slipway(...connect)).stdout.trim(), 'hi');
    await daemon.slipway('rm', '-f', server, id);
  });
});
