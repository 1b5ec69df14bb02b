/** A container's /proc is the kernel's, whatever its mounts and its image ask for. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { mount, Runtime } from './fixtures/runtime.ts';

const INSIDE = /check proc-safety of \S+ mount: \S+ cannot be mounted because it is inside \/proc/;
const NOT_PROC = /check proc-safety of \/proc mount: \S+ cannot be mounted because it is not of type proc/;

describe('the daemon', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
  });

  const run = (...flags: string[]) =>
    daemon.slipway('run', '--rm', ...flags, 'busybox', 'cat', '/proc/uptime');

  test('refuses volumes, binds and tmpfs in /proc, and in its place', async () => {
    for (const place of ['/proc/sys', '/proc/1', '/proc/self', '/proc/net/dev']) {
      for (const flags of [
        ['-v', `vol:${place}`],
        ['-v', `/tmp:${place}`],
        ['--tmpfs', place],
      ]) {
        const { code, stderr } = await run(...flags);
        assert.equal(code, 125, flags.join(' '));
        assert.match(stderr, INSIDE);
      }
    }
    for (const flags of [
      ['-v', 'vol:/proc'],
      ['-v', '/:/proc'],
      ['--tmpfs', '/proc'],
    ]) {
      const { code, stderr } = await run(...flags);
      assert.equal(code, 125, flags.join(' '));
      assert.match(stderr, NOT_PROC);
    }
  });

  test('refuses what an image declares a volume, as its mistake', async () => {
    const body = { Image: 'busybox', Cmd: ['true'], Volumes: { '/proc': {} } };
    const { Id } = (await daemon.api('POST', '/containers/create', body)) as { Id: string };
    await assert.rejects(daemon.api('POST', `/containers/${Id}/start`), error => {
      assert.match((error as Error).message, /start: 400 /);
      assert.match((error as Error).message, /because it is not of type proc/);
      return true;
    });
    const { State } = (await daemon.api('GET', `/containers/${Id}/json`)) as { State: { Status: string } };
    assert.equal(State.Status, 'created');
    await daemon.api('DELETE', `/containers/${Id}?v=1`);
  });

  test('mounts what shows a container its own limits, and a proc file system', async () => {
    const file = join(daemon.base, 'uptime');
    writeFileSync(file, 'as long as it takes\n');
    assert.equal((await run('-v', `${file}:/proc/uptime:ro`)).stdout, 'as long as it takes\n');
    assert.match((await run('-v', '/proc:/proc')).stdout, /^[\d.]+ [\d.]+\n$/);
  });

  test('follows no link of an image or a volume into /proc', async () => {
    await daemon.slipway(
      'run',
      '--name',
      'linked',
      '-v',
      'links:/v',
      'busybox',
      'sh',
      '-c',
      'ln -s /proc /a; ln -s a /b; ln -s ../proc/sys /v/link; ln -s self /c',
    );
    await daemon.slipway('commit', 'linked', 'linked-image');
    const refused = async (pattern: RegExp, ...flags: string[]) => {
      const { code, stderr } = await daemon.slipway('run', '--rm', ...flags, 'linked-image', 'true');
      assert.equal(code, 125, flags.join(' '));
      assert.match(stderr, pattern);
    };
    const NOT_OF_TYPE = /cannot be mounted because it is not of type proc/;
    const IS_INSIDE = /cannot be mounted because it is inside \/proc/;
    for (const [place, pattern] of [
      ['/a', NOT_OF_TYPE],
      ['/b', NOT_OF_TYPE],
      ['/a/sys', IS_INSIDE],
      ['/b/self/attr', IS_INSIDE],
    ] as const) {
      await refused(pattern, '-v', `vol:${place}`);
      await refused(pattern, '--tmpfs', place);
      await refused(pattern, '-v', `/tmp:${place}`);
    }
    await refused(IS_INSIDE, '-v', 'links:/v', '-v', 'vol:/v/link');
    await refused(IS_INSIDE, '-v', 'links:/v', '--tmpfs', '/v/link/kernel');
    // /c is a link to `self` in the root, not in /proc: free.
    assert.equal((await daemon.slipway('run', '--rm', '-v', 'vol:/c/x', 'linked-image', 'true')).code, 0);
  });
});

test('slipway-runtime refuses mounts in /proc, and in its place', async () => {
  const runtime = new Runtime();
  try {
    const tmpfs = { type: 'tmpfs', source: 'tmpfs' };
    assert.match(await runtime.failure(mount({ destination: '/proc/sys', ...tmpfs })), INSIDE);
    assert.match(await runtime.failure(mount({ destination: '/proc', ...tmpfs })), NOT_PROC);
    const bind = { destination: '/proc', source: '/tmp', options: ['rbind'] };
    assert.match(await runtime.failure(mount(bind)), NOT_PROC);
  } finally {
    await runtime.close();
  }
});
