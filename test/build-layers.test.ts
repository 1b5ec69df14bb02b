/** Layers that builds make without copying: they are what their archives unpack to. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { build } from './fixtures/builds.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

const WRITES = [
  // A place that a mount was made at, and directories that were only looked into.
  'mkdir -p /made/sub && echo x > /made/sub/x && ln /made/sub/x /made/y && ln -s x /made/l',
  'mkfifo /made/pipe',
  'chmod 700 /bin; touch -d "2001-02-03 04:05:06" /made/sub',
  'rm -r /made/sub && mkdir /made/sub && touch /made/sub/new',
  'rm -r /made && mkdir -p /made/other/deep',
  'truncate -s 1M /sparse; dd if=/dev/zero of=/sparse bs=1 count=1 seek=900000 conv=notrunc',
  'true',
];

test('a layer made of what a command wrote is what its archive unpacks to', async () => {
  const mounts = '--mount=type=tmpfs,target=/mnt/place/a --mount=type=cache,target=/etc/cached';
  const Dockerfile = `FROM busybox\n${WRITES.map(line => `RUN ${mounts} ${line}`).join('\n')}`;
  const { error, output } = await build(daemon, { Dockerfile }, 't=written');
  assert.equal(error, '', output);
  const { code, stdout, stderr } = await daemon.slipway('system', 'check', '--layers');
  assert.equal(code, 0, stdout + stderr);
  const listed = await daemon.slipway('run', '--rm', 'written', 'find', '/made');
  assert.equal(listed.stdout, '/made\n/made/other\n/made/other/deep\n');
});

test('nothing of a step is left but its layer', async () => {
  const { error } = await build(daemon, { Dockerfile: 'FROM busybox\nRUN echo left > /left\nRUN true' });
  assert.equal(error, '');
  const graph = join(daemon.base, 'data/graph/overlay2');
  const left = () => [...fs.readdirSync(`${graph}/trash`), ...fs.readdirSync(`${graph}/staging`)];
  await until(() => left().length === 0);
  assert.deepEqual(
    fs.readdirSync(graph).filter(name => name.startsWith('build-')),
    [],
  );
});

test('a layer of a build that a crash of the machine may have damaged is made again', async () => {
  const Dockerfile = 'FROM busybox\nARG FAIL\nRUN echo kept > /kept\nRUN test -z "$FAIL"';
  const failed = await build(daemon, { Dockerfile }, 'buildargs={"FAIL":"1"}');
  assert.notEqual(failed.error, '');
  await daemon.kill();
  // As if the machine had been started anew: what was not synced is of another boot.
  const database = join(daemon.base, 'data/graph/overlay2/layers.db');
  const statement = "UPDATE layers SET unsynced_boot = 'another'";
  const program = `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(database)}).exec(${JSON.stringify(statement)})`;
  execFileSync(process.execPath, ['-e', program]);
  await daemon.start();
  const { error, output } = await build(daemon, { Dockerfile }, 'buildargs={"FAIL":""}&t=again');
  assert.equal(error, '');
  assert.doesNotMatch(output, /Using cache\n[^]*RUN test/);
  const { code, stdout } = await daemon.slipway('run', '--rm', 'again', 'cat', '/kept');
  assert.deepEqual([code, stdout], [0, 'kept\n']);
});
