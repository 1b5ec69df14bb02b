/** Clients that start a container with AutoRemove, and ask about it when it may have ended and gone. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import Docker from 'dockerode';
import type { ContainerInspect, ContainerWaitResponse } from '../src/api/types.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});

after(async () => {
  await daemon.dispose();
});

test('dockerode’s run tells how it ended and what it wrote, each time', async () => {
  const docker = new Docker({ socketPath: join(daemon.base, 'slipway.sock') });
  for (let round = 0; round < 20; round += 1) {
    let output = '';
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        output += String(chunk);
        done();
      },
    });
    const options = { Tty: true, HostConfig: { AutoRemove: true } };
    // Its streams may end after the answer to its wait, on another connection.
    const [[result]] = await Promise.all([
      docker.run('busybox', ['sh', '-c', 'echo told; exit 3'], sink, options),
      finished(sink),
    ]);
    assert.deepEqual([result.StatusCode, output], [3, 'told\r\n']);
  }
});

test('so do the requests that docker-py’s run sends: start, inspect, logs, wait', async () => {
  for (let round = 0; round < 15; round += 1) {
    const HostConfig = { AutoRemove: true };
    const id = await daemon.launch({ Image: 'busybox', Cmd: ['sh', '-c', 'echo told; exit 3'], HostConfig });
    const { Config } = (await daemon.api('GET', `/containers/${id}/json`)) as ContainerInspect;
    assert.equal(Config.Tty, false);
    const logs = await daemon.text('GET', `/containers/${id}/logs?stdout=1&stderr=1&follow=1`);
    assert.match(logs, /told\n$/);
    const { StatusCode } = (await daemon.api('POST', `/containers/${id}/wait`)) as ContainerWaitResponse;
    assert.equal(StatusCode, 3);
  }
});

test('a published port is free as soon as its container has ended, also while others start', async () => {
  const others = Array.from({ length: 3 }, async () => {
    for (let round = 0; round < 20; round += 1) await runToEnd({});
  });
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18099' }] };
  for (let round = 0; round < 20; round += 1) await runToEnd({ PortBindings });
  await Promise.all(others);
});

async function runToEnd(hostConfig: object): Promise<void> {
  const HostConfig = { AutoRemove: true, ...hostConfig };
  const id = await daemon.launch({
    Image: 'busybox',
    Cmd: ['true'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig,
  });
  await daemon.api('POST', `/containers/${id}/wait`);
}
