/** The daemon may die at any moment; a container leaves nothing (issue: the first container, item 6). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.start();
  await daemon.slipway('image', 'bootstrap', 'busybox');
});

after(async () => {
  await daemon.dispose();
});

type Inspected = { State: { Status: string; ExitCode: number; Pid: number; FinishedAt: string } };

const inspect = async (id: string) => (await daemon.api('GET', `/containers/${id}/json`)) as Inspected;

async function logsOf(id: string): Promise<string> {
  const { stdout, stderr, code } = await daemon.slipway('logs', id);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('containers and their logs do not notice that the daemon is killed, again and again', async () => {
  const count = 'i=0; until [ -e /stop ]; do i=$((i+1)); echo $i; usleep 1000; done; exit 11';
  const ids = await Promise.all(
    [1, 2, 3].map(() => daemon.launch({ Image: 'busybox', Cmd: ['sh', '-c', count] })),
  );
  const pids = await Promise.all(ids.map(async id => (await inspect(id)).State.Pid));
  for (let i = 0; i < 4; i++) {
    await delay(150 + 100 * i);
    await daemon.kill('SIGKILL');
    await daemon.start();
    assert.deepEqual(await Promise.all(ids.map(async id => (await inspect(id)).State.Pid)), pids);
  }
  for (const id of ids) {
    while ((await logsOf(id)).split('\n').length <= 500) await delay(100);
    await daemon.slipway('exec', id, 'touch', '/stop');
  }
  const waited = await Promise.all(ids.map(id => daemon.api('POST', `/containers/${id}/wait`)));
  assert.deepEqual(waited, [{ StatusCode: 11 }, { StatusCode: 11 }, { StatusCode: 11 }]);
  for (const id of ids) {
    const lines = (await logsOf(id)).trimEnd().split('\n');
    const wrong = lines.findIndex((line, index) => line !== String(index + 1));
    assert.equal(wrong, -1);
  }
  for (const id of ids) await daemon.api('DELETE', `/containers/${id}`);
});

test('after a restart a container can be executed in, stopped, started and reached through its port', async () => {
  const id = await daemon.launch({
    Image: 'busybox',
    Cmd: ['sh', '-c', 'while :; do echo served | nc -l -p 80; done'],
    HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8099' }] } },
  });
  await daemon.kill('SIGKILL');
  const ask = 'sleep 0.2; echo | /bin/busybox nc -w 3 127.0.0.1 8099';
  assert.equal((await daemon.inNetwork('sh', '-c', ask)).stdout, 'served\n', 'while no daemon runs');
  await daemon.start();
  assert.equal((await daemon.inNetwork('sh', '-c', ask)).stdout, 'served\n', 'with the new daemon');
  assert.equal((await daemon.slipway('exec', id, 'echo', 'inside')).stdout, 'inside\n');
  await assert.rejects(
    daemon.launch({
      Image: 'busybox',
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8099' }] } },
    }),
    /port is already allocated/,
  );
  await daemon.api('POST', `/containers/${id}/stop?t=1`);
  assert.equal((await inspect(id)).State.ExitCode, 137);
  await daemon.api('POST', `/containers/${id}/start`);
  assert.equal((await daemon.inNetwork('sh', '-c', ask)).stdout, 'served\n', 'after stop and start');
  for (const { Id } of (await daemon.api('GET', '/containers/json?all=1')) as { Id: string }[])
    await daemon.api('DELETE', `/containers/${Id}?force=1`);
});

/** Everything that a container could leave behind. */
async function traces(): Promise<Record<string, unknown>> {
  const root = (name: string) => join(daemon.base, name);
  const { stdout: links } = await daemon.inNetwork('ls', '/sys/class/net');
  const { stdout: ruleset } = await daemon.inNetwork('nft', '-s', 'list', 'ruleset');
  const { stdout: addresses } = await daemon.inNetwork('cat', '/proc/net/fib_trie');
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter(line => line.includes(daemon.base)),
    links: links.split('\n').length,
    elements: ruleset.split('\n').length,
    addresses: addresses.split('\n').length,
    cgroups: readdirSync('/sys/fs/cgroup').flatMap(name =>
      directoriesOf(join('/sys/fs/cgroup', name, daemon.cgroupParent)),
    ),
    containers: directoriesOf(root('data/containers')),
    states: directoriesOf(root('exec/containers')),
    layers: directoriesOf(root('data/graph/overlay2')),
    processes: processesInNetwork(),
  };
}

function directoriesOf(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Those in the daemon's network namespace: the daemon, and shims, which stay in it. */
function processesInNetwork(): string[] {
  const own = readlinkSync(`/proc/${daemon.keeperPid}/ns/net`);
  return readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .flatMap(pid => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/net`) !== own) return [];
        return [readFileSync(`/proc/${pid}/comm`, 'utf8').trim()];
      } catch {
        return [];
      }
    })
    .sort((a, b) => a.localeCompare(b));
}

/** Until nothing changes any more: the kernel takes namespaces away in its own time. */
async function settled(expected: Record<string, unknown>): Promise<Record<string, unknown>> {
  let now = await traces();
  for (let i = 0; i < 100 && JSON.stringify(now) !== JSON.stringify(expected); i++) {
    await delay(100);
    now = await traces();
  }
  return now;
}

async function runOnce(body: object): Promise<number> {
  const id = await daemon.launch({ Image: 'busybox', Cmd: ['true'], ...body });
  const { StatusCode } = (await daemon.api('POST', `/containers/${id}/wait`)) as { StatusCode: number };
  await daemon.api('DELETE', `/containers/${id}`);
  return StatusCode;
}

test('200 runs leave nothing: no mount, interface, address, cgroup, directory or process', async () => {
  await Promise.all(Array.from({ length: 4 }, () => runOnce({})));
  await delay(1000);
  const before = await traces();
  for (let i = 0; i < 150; i++)
    assert.equal(await runOnce({ HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8123' }] } } }), 0);
  const codes = await Promise.all(Array.from({ length: 50 }, () => runOnce({})));
  assert.deepEqual(
    codes,
    codes.map(() => 0),
  );
  assert.deepEqual(await settled(before), before);
});
