/** A limit of what all processes of a container have open together. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import type { SlipwayStats } from '../src/api/stats.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const source = new URL('fixtures/open-files.c', import.meta.url).pathname;
const slipway = new URL('../bin/slipway', import.meta.url).pathname;
const HEADERS = [
  '-idirafter',
  '/usr/include',
  '-idirafter',
  `/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
];

describe('a limit of open files', () => {
  let daemon: DaemonProcess;
  let program: string;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
    program = join(daemon.base, 'open-files');
    execFileSync('musl-gcc', ['-static', '-Os', ...HEADERS, '-o', program, source]);
  });

  after(async () => {
    await daemon.dispose();
  });

  const flags = (limit: number) => [
    '--network',
    'none',
    '--files-limit',
    String(limit),
    '--mount',
    `type=bind,src=${program},dst=/open-files`,
  ];

  /** What one process gets: it has three descriptors to begin with. */
  async function opened(limit: number, way: string, ...more: string[]): Promise<string> {
    const args = ['run', '--rm', ...flags(limit), ...more, 'busybox', '/open-files', way];
    const { stdout, stderr } = await daemon.slipway(...args);
    assert.equal(stderr, '');
    return stdout.trim();
  }

  test('ends every way to get a descriptor with EMFILE, at the limit exactly', async () => {
    for (const way of ['open', 'socket', 'dup', 'dup2', 'fcntl', 'eventfd', 'epoll'])
      assert.equal(await opened(50, way), '47 EMFILE', way);
    for (const way of ['pipe', 'pair']) assert.equal(await opened(50, way), '23 EMFILE', way);
  });

  test('counts the table that a fork copies, for each process', async () => {
    // 3 each: eleven children beside their parent are 36.
    assert.equal(await opened(38, 'fork'), '11 EMFILE');
  });

  test('is kept by threads that open at once, whatever they are interrupted by', async () => {
    assert.equal(await opened(200, 'threads'), '197 EMFILE');
    // Threads that wait for a processor have not got yet what they were let go on to get.
    for (let i = 0; i < 5; i++) assert.equal(await opened(200, 'threads', '--cpus', '0.05'), '197 EMFILE');
    const args = ['run', '--rm', ...flags(200), 'busybox', '/open-files', 'open', 'interrupted'];
    const { stdout } = await daemon.slipway(...args);
    assert.equal(stdout.trim(), '197 EMFILE');
  });

  test('counts in cgroups of the container’s own, and refuses where there are too many of them to count', async () => {
    const run = async (script: string) => {
      const own = ['--privileged', '--cgroupns', 'private'];
      const enter = 'mkdir /own && mount -t cgroup2 none /own && cd /own';
      const command = ['busybox', 'sh', '-c', `${enter}; ${script}; exec /open-files open`];
      const { stdout } = await daemon.slipway('run', '--rm', ...flags(50), ...own, ...command);
      const [, count, error] = /^(\d+) (\w+)$/.exec(stdout.trim()) ?? [];
      assert.equal(error, 'EMFILE', stdout);
      return Number(count);
    };
    assert.equal(await run('mkdir a b c a/d; echo $$ > a/d/cgroup.procs'), 47);
    // What was counted before there were so many is known for some calls more.
    assert.ok((await run('mkdir $(seq 1100)')) < 47);
    assert.ok((await run(`mkdir -p ${'d/'.repeat(33)}`)) < 47);
  });

  test('leaves no way around it: tables of single threads, rings, calls of flags in memory', async () => {
    const unconfined = ['--security-opt', 'seccomp=unconfined', '--privileged'];
    assert.equal(await opened(50, 'unshare', ...unconfined), '0 EMFILE');
    assert.equal(await opened(50, 'ring', ...unconfined), '0 Function not implemented');
    assert.equal(await opened(50, 'clone3', ...unconfined), '0 Function not implemented');
    assert.equal(await opened(50, 'open', ...unconfined), '47 EMFILE');
  });

  test('counts all processes, follows an update, and is told of', async () => {
    const since = Math.floor(Date.now() / 1000);
    const run = ['run', '-d', '-i', '--name', 'holder', ...flags(40)];
    await daemon.slipwayOut(...run, 'busybox', '/open-files', 'dup', 'hold');
    let holder = attach(daemon);
    assert.equal(await holder.ask(), 'EMFILE replaced');
    assert.equal(await daemon.slipwayOut('logs', '-n', '2', 'holder'), '37 EMFILE\nEMFILE replaced');
    const inside = async () => (await daemon.slipway('exec', 'holder', '/open-files', 'open')).stdout.trim();
    assert.equal(await inside(), '0 EMFILE');
    const stats = async () => {
      const answer = await daemon.api('GET', '/containers/holder/stats?stream=0&one-shot=1');
      return (answer as { slipway: SlipwayStats }).slipway;
    };
    const { open_files, files_limit } = await stats();
    assert.deepEqual([open_files, files_limit], [40, 40]);
    while ((await stats()).files_refused < 3);

    await daemon.kill();
    await daemon.start();
    holder = attach(daemon);
    assert.equal(await holder.ask(), 'EMFILE replaced');
    await daemon.slipwayOut('update', '--files-limit', '47', 'holder');
    // Three are the new process's own.
    assert.equal(await inside(), '4 EMFILE');
    assert.equal(await holder.ask(), 'opened replaced');
    await daemon.slipwayOut('update', '--files-limit', '0', 'holder');
    assert.equal(await inside(), '5000 No error information');
    await daemon.slipwayOut('update', '--files-limit', '40', 'holder');
    assert.equal(await holder.ask(), 'EMFILE replaced');
    const times = ['--since', String(since), '--until', String(Math.ceil(Date.now() / 1000) + 1)];
    const wanted = ['--filter', 'event=files', '--format', '{{json .}}'];
    const events = await daemon.slipwayOut('events', ...times, ...wanted);
    const { Action, Actor } = JSON.parse(events.split('\n')[0] ?? '') as {
      Action: string;
      Actor: { Attributes: Record<string, string> };
    };
    assert.deepEqual([Action, Actor.Attributes.limit], ['files', '40']);
    await daemon.slipwayOut('rm', '-f', 'holder');
  });

  test('cannot be had by a container that was started without one, and that is told', async () => {
    const id = await daemon.slipwayOut('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000');
    const { stdout } = await daemon.slipway('update', '--files-limit', '10', id);
    assert.match(stdout, /was started without a limit of open files: it has one from its next start on/);
    assert.equal(await daemon.slipwayOut('update', '--files-limit', '0', id), id);
  });

  test('is refused as a number below -1, and is none as -1', async () => {
    const run = async (limit: string) =>
      daemon.slipway('run', '--rm', '--files-limit', limit, 'busybox', 'true');
    assert.equal((await run('-1')).stderr, '');
    assert.match(
      (await run('-2')).stderr,
      /invalid argument "-2" for "--files-limit" flag: want a number from -1/,
    );
  });
});

/** Talks to the container's program, line by line. */
function attach(daemon: DaemonProcess): { ask: () => Promise<string> } {
  const client = spawn(slipway, ['attach', '--sig-proxy=false', 'holder'], {
    env: { ...process.env, SLIPWAY_HOST: daemon.host },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  client.stdin.on('error', () => undefined);
  const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
  const ask = async () => {
    client.stdin.write('\n');
    return (await lines.next()).value as string;
  };
  return { ask };
}
