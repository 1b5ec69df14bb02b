/** Removing a container leaves nothing (issue: the first container, item 6), and many at once get along. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerCreateRequest } from '../src/api/types.ts';
import { type Engine, openEngine } from '../src/main/engine.ts';
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
