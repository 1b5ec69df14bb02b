/** Removing a container leaves nothing (issue: the first container, item 6), and many at once get along. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerCreateRequest } from '../src/api/types.ts';
import { type Engine, openEngine } from '../src/main/engine.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { until } from '../src/base/testing/until.ts';

const never = new AbortController().signal;

describe('an engine in this process', () => {
  const base = mkdtempSync(join(tmpdir(), 'slipway-leaks-'));
  const cgroupParent = `/slipway-leaks-${process.pid}`;
  const ids = new Set<string>();
  let engine: Engine;

  before(async () => {
    engine = await openEngine({ dataRoot: join(base, 'data'), execRoot: join(base, 'exec'), cgroupParent });
    await engine.backend.imageBootstrap('busybox', () => undefined);
  });

  after(async () => {
    const containers = await engine.backend.containerList({
      all: true,
      limit: 0,
      size: false,
      filters: new Map(),
    });
    for (const { Id } of containers) {
      await engine.backend.containerRemove(Id, { force: true, volumes: true, link: false });
    }
    await engine.close();
    for (const directory of globSync(`/sys/fs/cgroup/{*,.}${cgroupParent}`))
      execFileSync('rmdir', [directory]);
    rmSync(base, { recursive: true });
  });

  async function run(request: ContainerCreateRequest = {}): Promise<number> {
    const { backend } = engine;
    const { Id } = await backend.containerCreate('', { Image: 'busybox', Cmd: ['true'], ...request });
    ids.add(Id);
    const { status } = await backend.containerWait(Id, 'next-exit', never);
    await backend.containerStart(Id);
    const { StatusCode } = await status;
    await backend.containerRemove(Id, { force: false, volumes: true, link: false });
    return StatusCode;
  }

  /** What containers consist of, counted. */
  function count() {
    const shims = readdirSync('/proc').filter(name => /^\d+$/.test(name) && ids.has(shimOf(name)));
    return {
      // Others on the machine mount what they like.
      mounts: readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter(line => line.includes(base)).length,
      cgroups: globSync(`/sys/fs/cgroup/{*,.}${cgroupParent}/*`, { withFileTypes: true }).filter(entry =>
        entry.isDirectory(),
      ).length,
      processes: shims.length,
      directories: ['data/containers', 'exec/containers', 'data/volumes'].flatMap(name =>
        readdirSync(join(base, name)),
      ).length,
      layers: globSync(`${base}/data/graph/**/{upper,diff}`, { withFileTypes: true }).length,
    };
  }

  /** The id of the container whose shim a process is. */
  function shimOf(pid: string): string {
    try {
      return /slipway-shim\0([0-9a-f]{64})/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1] ?? '';
    } catch {
      return '';
    }
  }

  /** Until what goes on in the background is over. */
  async function settled(expected: ReturnType<typeof count>, descriptors: number): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const isBack = JSON.stringify(count()) === JSON.stringify(expected) && openDescriptors() <= descriptors;
      if (isBack) return;
      await delay(50);
    }
    assert.deepEqual(count(), expected);
    assert.ok(openDescriptors() <= descriptors, `${openDescriptors()} descriptors, ${descriptors} before`);
  }

  const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

  test('runs 200 containers, one after the other, and has nothing left of them', async () => {
    for (let warm = 0; warm < 3; warm += 1) await run();
    // What goes on in the background is over when no container has a directory any more.
    await until(() => count().directories === 0);
    await delay(200);
    const [before, descriptors] = [count(), openDescriptors()];
    for (let index = 0; index < 200; index += 1) {
      const options =
        index % 4 === 0 ? { Volumes: { '/data': {} }, HostConfig: { PortBindings: { '80/tcp': [{}] } } } : {};
      assert.equal(await run(options), 0);
    }
    // Namespaces kept ready are the same in number, though not the same ones.
    await settled(before, descriptors + 4);
  });

  test('starts 50 at once', async () => {
    const [before, descriptors] = [count(), openDescriptors()];
    const codes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => run({ Cmd: ['sh', '-c', `exit ${index}`] })),
    );
    assert.deepEqual(
      codes,
      Array.from({ length: 50 }, (_, index) => index),
    );
    await settled(before, descriptors + 4);
  });

  test('has nothing left of starts that fail', async () => {
    const [before, descriptors] = [count(), openDescriptors()];
    for (const request of [
      { Cmd: ['nope'] },
      { User: 'nobody-there' },
      { HostConfig: { NetworkMode: 'nope' } },
      { HostConfig: { Devices: [{ PathOnHost: '/dev/nope', PathInContainer: '/dev/nope' }] } },
      { HostConfig: { Sysctls: { 'net.ipv4.nope': '1' } } },
    ]) {
      const { Id } = await engine.backend.containerCreate('', {
        Image: 'busybox',
        Cmd: ['true'],
        ...request,
      });
      ids.add(Id);
      await assert.rejects(engine.backend.containerStart(Id));
      await engine.backend.containerRemove(Id, { force: false, volumes: true, link: false });
    }
    await settled(before, descriptors + 4);
  });
});

describe('a daemon', () => {
  /** Polls of half a second: idle threads end after ten. */
  const POLLS_OF_IDLE_THREAD = 22;

  /** What it has; memory is what is its own alone, in kB. */
  function possessions(pid: number) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const threads = readdirSync(`/proc/${pid}/task`);
    return {
      descriptors: readdirSync(`/proc/${pid}/fd`).map(fd => describeDescriptor(pid, fd)),
      threads: threads.length,
      // Each is known as that of the thread which has made it.
      children: globSync(`/proc/${pid}/task/*/children`)
        .flatMap(file => readFileSync(file, 'utf8').split(' '))
        .filter(child => child.trim() !== '').length,
      memory: Number(/^Private_Dirty:\s+(\d+)/m.exec(rollup)?.[1]),
    };
  }

  /** Its kind: numbers of sockets and pids differ. */
  function describeDescriptor(pid: number, fd: string): string {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).replaceAll(/\d+/g, 'N');
    } catch {
      return 'closed';
    }
  }

  /** What people do all day, each thing once, and some of it in vain. */
  const EVERYDAY = `
    c="$slipway"; $c create --name a busybox sleep 1000; $c start a; $c exec a true; $c exec -u nobody a id; $c ps -a
    $c logs a; $c top a; $c stats --no-stream a; $c inspect a; $c cp $base/pid a:/pid; $c cp a:/pid $base/copy; $c diff a
    $c pause a; $c unpause a; $c update --memory 64m a; $c rename a b; $c restart -t 0 b; $c kill b; $c wait b
    $c commit b copy; $c save -o $base/saved copy; $c load -q -i $base/saved; $c export -o $base/root b
    $c import $base/root imported; $c history copy; $c images --filter 'reference=c*'; $c ps --filter 'name=^(b|c)$'
    $c rm -f b; $c rmi -f copy imported; $c volume create v; $c run --rm -v v:/v --init -p 80 busybox touch /v/x; $c volume rm v
    $c run -d --name w --health-cmd true --health-interval 1s busybox sleep 1000; $c rm -f w; $c events --since 1 --until 2
    $c run --rm busybox nope; $c run --rm --network nope busybox; $c run --rm -m 1 busybox; $c inspect nope; $c run -d -v /a:b busybox
    for i in 1 2 3 4 5 6 7 8; do $c run --rm busybox echo $i & done; wait; $c system df; $c system prune -f; $c network ls; $c info; true`;

  /** Once its idle threads have ended, and memory has been given back; or after a minute. */
  async function rested(pid: number, isEnough: (now: ReturnType<typeof possessions>) => boolean) {
    let now = possessions(pid);
    for (let waited = 0; waited < 120 && !isEnough(now); waited++) {
      await delay(500);
      now = possessions(pid);
    }
    return now;
  }

  test('has after a busy time what it had after its start', async t => {
    const daemon = await DaemonProcess.start('--log-level', 'fatal');
    t.after(() => daemon.dispose());
    await daemon.slipway('image', 'bootstrap', 'busybox');
    // In a process of its own, which has made no image.
    await daemon.kill('SIGTERM');
    await daemon.start();
    const program = new URL('../bin/slipway', import.meta.url).pathname;
    // What is kept ready for the next container is there from the first one on.
    await daemon.slipway('run', '--rm', 'busybox', 'true');
    let seen: number[] = [];
    const start = await rested(daemon.pid, ({ threads, descriptors }) => {
      const count = threads + descriptors.length;
      seen = [...seen.filter(earlier => earlier === count), count];
      return seen.length > POLLS_OF_IDLE_THREAD;
    });
    for (let round = 0; round < 2; round++)
      await daemon.run(['env', `slipway=${program}`, `base=${daemon.base}`, 'sh', '-c', EVERYDAY]);
    const isBack = (now: typeof start) =>
      now.descriptors.length <= start.descriptors.length &&
      now.threads <= start.threads &&
      now.children <= start.children &&
      now.memory <= start.memory + 20 * 1024;
    const now = await rested(daemon.pid, isBack);
    assert.deepEqual(now.descriptors.toSorted(), start.descriptors.toSorted());
    assert.ok(isBack(now), JSON.stringify({ start, now }));
  });
});
