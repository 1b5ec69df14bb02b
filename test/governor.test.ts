/** CPU burst of real containers: quotas go up while they are throttled, and come back, also when the daemon or a shim dies. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { Cgroup } from '../src/cgroups/cgroup.ts';
import { readHostFile } from '../src/cgroups/layout.ts';
import type { Task } from '../src/execdriver/driver.ts';
import { bandwidthDirectory, readBandwidth } from '../src/governor/burst/bandwidth-files.ts';
import { DEFAULT_BURST } from '../src/governor/burst/burst-settings.ts';
import type { GovernedOptions } from '../src/governor/burst/governed-container.ts';
import { Governor } from '../src/governor/governor.ts';
import { nativeContainers } from './fixtures/native-containers.ts';

const containers = nativeContainers();
const BUSY = 'while :; do :; done';
const BASE_US = 10_000;
/** The machine counts as idle, also where other programs run on it. */
const NEVER_OVERLOADED = 100_000;

after(() => containers.close());

async function busyContainer(): Promise<Task> {
  const container = await containers.create(BUSY, spec => {
    spec.linux = { ...spec.linux, resources: { cpu: { quota: BASE_US, period: 100_000 } } };
  });
  await container.start();
  return container;
}

function governor(): Governor {
  return new Governor({
    file: join(containers.base, 'governor.json'),
    sharePoolThreshold: NEVER_OVERLOADED,
    warn: (fields, message) => assert.fail(`${message}: ${JSON.stringify(fields)}`),
  });
}

function optionsOf(container: Task, changes: Partial<GovernedOptions> = {}): GovernedOptions {
  return {
    id: container.id,
    paths: container.cgroupPaths,
    baseUs: BASE_US,
    periodUs: 100_000,
    burstUs: 0,
    settings: { ...DEFAULT_BURST, policy: 'cfsQuotaBurstOnly' },
    qos: 'none',
    pinnedCores: 0,
    whenAlone: writes => container.whenAlone(writes, 50),
    ...changes,
  };
}

const setFor = (container: Task) => readBandwidth(bandwidthDirectory(container.cgroupPaths)!, readHostFile)!;
const throttled = (container: Task) => {
  const { v1, unified } = container.cgroupPaths;
  return Number(/nr_throttled (\d+)/.exec(readFileSync(`${v1.cpu ?? unified}/cpu.stat`, 'utf8'))?.[1]);
};

/** Rounds of the governor's loop, until the quota is more than the limit. */
async function raise(governor: Governor, container: Task): Promise<void> {
  let second = 0;
  await until(async () => {
    const before = throttled(container);
    await until(() => throttled(container) > before);
    governor.tick(second++);
    return setFor(container).quotaUs > BASE_US;
  });
}

test('the quota of a throttled container is raised, and reset when it is no longer governed', async () => {
  const container = await busyContainer();
  const running = governor();
  running.govern(optionsOf(container));
  await raise(running, container);
  assert.ok(setFor(container).quotaUs <= 3 * BASE_US);
  running.release(container.id);
  assert.equal(setFor(container).quotaUs, BASE_US);
  running.close();
});

test('the static burst is set, never more than the quota, and a change of policy takes effect at once', async () => {
  const container = await busyContainer();
  const running = governor();
  running.govern(optionsOf(container, { burstUs: 50_000, settings: { ...DEFAULT_BURST, policy: 'auto' } }));
  assert.equal(setFor(container).burstUs, BASE_US);
  await raise(running, container);
  assert.equal(setFor(container).burstUs, setFor(container).quotaUs);
  running.govern(optionsOf(container, { settings: DEFAULT_BURST }));
  assert.deepEqual(setFor(container), { quotaUs: BASE_US, periodUs: 100_000, burstUs: 0 });
  running.close();
});

test('a limited parent gets what its child gets, and the next governor takes it back', async () => {
  const container = await busyContainer();
  const directory = bandwidthDirectory(container.cgroupPaths)!;
  const parent = { ...directory, path: join(directory.path, '..') };
  const file = directory.version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max';
  writeFileSync(join(parent.path, file), '90000');
  const first = governor();
  first.govern(optionsOf(container));
  await raise(first, container);
  const lent = setFor(container).quotaUs - BASE_US;
  assert.equal(readBandwidth(parent, readHostFile)?.quotaUs, 90_000 + lent);
  assert.equal(existsSync(join(containers.base, 'governor.json')), true);
  // The first one is dead: nothing is closed.
  const second = governor();
  assert.equal(readBandwidth(parent, readHostFile)?.quotaUs, 90_000);
  second.govern(optionsOf(container));
  assert.equal(setFor(container).quotaUs, BASE_US);
  second.close();
  writeFileSync(join(parent.path, file), directory.version === 1 ? '-1' : 'max');
  first.close();
});

test('without a daemon the shim takes back what was lent', async () => {
  const own = nativeContainers();
  const container = await own.create(BUSY, spec => {
    spec.linux = { ...spec.linux, resources: { cpu: { quota: BASE_US, period: 100_000 } } };
  });
  await container.start();
  const running = governor();
  running.govern(optionsOf(container));
  await raise(running, container);
  own.letGo();
  await until(() => setFor(container).quotaUs === BASE_US);
  running.close();
  await new Cgroup(container.cgroupPaths).kill();
  await until(() => own.cgroupsLeft().length === 0);
  await own.close();
});
