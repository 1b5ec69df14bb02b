/** Containers that make directories deeper than a path can name: they can be looked at, and go when they are to go. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { tarOf } from './fixtures/image-archive.ts';
import { until } from '../src/base/testing/until.ts';

/** 250 directories in one another, with names of 100 bytes, and a file of five at the bottom. */
const MAKE_DEEP = `
  n=$(head -c 100 /dev/zero | tr '\\0' d); chain=$n
  for i in $(seq 30); do chain=$chain/$n; done
  mkdir t; echo deep > t/file
  for i in $(seq 8); do mkdir -p new/$chain; mv t new/$chain/; mv new t; done`;

for (const driver of ['overlay2', 'vfs']) {
  describe(`a deep tree, with ${driver}`, () => {
    let daemon: DaemonProcess;
    before(async () => {
      daemon = await DaemonProcess.startWithBusybox('--storage-driver', driver);
    });
    after(() => daemon.dispose());

    const out = (...args: string[]) => daemon.slipwayOut(...args);

    /** Status and body; a stream that breaks off counts as 599. */
    function send(method: string, path: string, body?: Buffer): Promise<{ status: number; text: string }> {
      const socketPath = daemon.host.slice('unix://'.length);
      return new Promise(resolve => {
        const broken = (error: Error) => resolve({ status: 599, text: error.message });
        const call = request({ socketPath, method, path, agent: false }, (response: IncomingMessage) => {
          buffer(response).then(content => {
            resolve({ status: response.statusCode ?? 0, text: content.toString('latin1') });
          }, broken);
        });
        call.on('error', broken).end(body);
      });
    }

    /** Until nothing that was removed is left. */
    async function gone(path: string): Promise<void> {
      const left = () => fs.readdirSync(join(daemon.base, path));
      for (let attempt = 0; left().length > 0 && attempt < 200; attempt++) await delay(50);
      assert.deepEqual(left(), []);
    }

    test('in a volume is measured, and goes with it', async () => {
      await out(
        'run',
        '--rm',
        '--net',
        'none',
        '-v',
        'deep:/v',
        '-w',
        '/v',
        'busybox',
        'sh',
        '-c',
        MAKE_DEEP,
      );
      const { Volumes } = (await daemon.api('GET', '/system/df')) as {
        Volumes: { Name: string; UsageData: { Size: number } }[];
      };
      assert.deepEqual(
        Volumes.map(({ Name, UsageData }) => [Name, UsageData.Size]),
        [['deep', 5]],
      );
      await out('volume', 'rm', 'deep');
      await gone('data/volumes');
    });

    test('in a container is measured, is told to be too deep for an archive, and goes with it', async () => {
      await out(
        'run',
        '-d',
        '--name',
        'deep',
        '--net',
        'none',
        'busybox',
        'sh',
        '-c',
        `${MAKE_DEEP}; touch made; sleep 1000`,
      );
      await until(async () => (await daemon.slipway('exec', 'deep', 'test', '-e', '/made')).code === 0);
      const containers = (await daemon.api('GET', '/containers/json?size=1')) as { SizeRw: number }[];
      assert.ok((containers[0]?.SizeRw ?? -1) >= 5);
      await daemon.api('GET', '/system/df');
      for (const state of ['running', 'stopped']) {
        for (const [method, path] of [
          ['GET', '/containers/deep/archive?path=/t'],
          ['GET', '/containers/deep/export'],
          ['GET', '/containers/deep/changes'],
          ['POST', '/commit?container=deep'],
        ] as const) {
          const { status, text } = await send(method, path);
          const isClear =
            status === 200 || status === 201 || status === 599 || (status < 500 && text.length < 500);
          assert.ok(isClear, `${state}: ${method} ${path}: ${status} ${text.slice(0, 600)}`);
        }
        if (state === 'running') await out('stop', '-t', '0', 'deep');
      }
      assert.equal(
        (await send('PUT', '/containers/deep/archive?path=/', tarOf([['t', Buffer.from('x')]]))).status,
        200,
      );
      await out('rm', '-f', 'deep');
      await gone(`data/graph/${driver}/trash`);
    });

    test('goes with a container that does not run', async () => {
      await out('run', '--name', 'ended', '--net', 'none', 'busybox', 'sh', '-c', MAKE_DEEP);
      const id = await out('inspect', '-f', '{{.Id}}', 'ended');
      await out('rm', 'ended');
      await gone(`data/graph/${driver}/trash`);
      // Of one that auto-remove has taken away the log is still there.
      await until(() => !fs.existsSync(join(daemon.base, 'data/containers', id)));
    });
  });
}
