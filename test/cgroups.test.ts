import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { posix } from 'node:path';
import { after, test } from 'node:test';
import { newId } from '../src/base/ids.ts';
import { Cgroup } from '../src/cgroups/cgroup.ts';
import type { CgroupPaths } from '../src/cgroups/cgroup-paths.ts';
import { type CgroupLayout, detectCgroupLayout } from '../src/cgroups/layout.ts';
import { type CgroupPlan, planCgroups } from '../src/libcontainer/cgroups/plan-cgroups.ts';
import type { Resources } from '../src/oci/runtime-spec.ts';
import { until } from '../src/base/testing/until.ts';

const PARENT = `slipway-test-${newId().slice(0, 8)}`;
const layout = detectCgroupLayout();
const children: ChildProcessWithoutNullStreams[] = [];
const cgroups: Cgroup[] = [];
/** Here is only the v1 device list. */
const noDeviceList =
  layout.v1.length === 0 && 'in v2 the shim attaches a program: see cgroups-container.test.ts';

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const cgroup of cgroups) {
    await cgroup.kill();
    cgroup.remove();
  }
  for (const { mountPoint } of hierarchies(layout)) {
    const directory = posix.join(mountPoint, PARENT);
    if (existsSync(directory)) rmdirSync(directory);
  }
});

const hierarchies = ({ v1, unified }: CgroupLayout) => (unified ? [...v1, unified] : v1);

/** Executes the parent's part of a plan as the shim would. */
function make(name: string, resources: Resources): { plan: CgroupPlan; cgroup: Cgroup } {
  const plan = planCgroups({ layout, cgroupsPath: `/${PARENT}/${name}`, resources });
  const cgroup = new Cgroup(plan.paths);
  cgroups.push(cgroup);
  for (const operation of [...plan.birthplace, ...plan.parent]) {
    if (operation.op === 'mkdir') mkdirSync(operation.path, { recursive: true });
    else if (operation.op === 'write' && !(operation.optional && !existsSync(operation.path)))
      writeFileSync(operation.path, operation.data);
  }
  return { plan, cgroup };
}

/** A shell that joins the cgroup and then runs `script`. */
async function join(plan: CgroupPlan, script: string): Promise<ChildProcessWithoutNullStreams> {
  const writes = plan.join.map(operation => operation.op === 'write' && `echo 0 > '${operation.path}'`);
  const unified = plan.cloneInto ? [`echo 0 > '${plan.cloneInto}/cgroup.procs'`] : [];
  // What it had before it joined is counted where it was: it takes some memory now.
  const grow = 'x=$(printf %0300000d 0)';
  const child = spawn('sh', ['-ec', [...writes, ...unified, grow, 'echo in', script].join('\n')]);
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('a cgroup that has gone, be it in part, needs no thawing', async () => {
  const { plan, cgroup } = make('gone', {});
  const child = await join(plan, 'while :; do :; done');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  rmdirSync(cgroup.paths.unified ?? cgroup.paths.v1.freezer ?? '');
  await cgroup.thaw();
  cgroup.remove();
});

test('a cgroup that goes between finding its file and writing it needs no thawing', async t => {
  const { mountPoint } =
    layout.unified ?? layout.v1.find(({ controllers }) => controllers.includes('freezer'))!;
  const name = layout.unified ? 'cgroup.freeze' : 'freezer.state';
  const leaving = posix.join(mountPoint, PARENT, 'leaving');
  mkdirSync(leaving, { recursive: true });
  const file = openSync(posix.join(leaving, name), 'r');
  const found = mkdtempSync(posix.join(tmpdir(), 'slipway-cgroup-'));
  t.after(() => {
    closeSync(file);
    rmSync(found, { recursive: true });
  });
  rmdirSync(leaving);
  // Opened by its link, the file is found although its cgroup is being removed: ENODEV.
  symlinkSync(`/proc/self/fd/${file}`, posix.join(found, name));
  const paths: CgroupPaths = { mode: layout.mode, v1: {}, unifiedControllers: [] };
  if (layout.unified) paths.unified = found;
  else paths.v1.freezer = found;
  await new Cgroup(paths).thaw();
});

test('a process joins every hierarchy, is counted, frozen, thawed and killed', async () => {
  const { plan, cgroup } = make('life', { memory: { limit: 64 << 20 }, pids: { limit: 50 } });
  const child = await join(plan, 'while :; do :; done');
  assert.deepEqual(cgroup.pids(), [child.pid]);
  const membership = readFileSync(`/proc/${child.pid}/cgroup`, 'utf8');
  // A hierarchy may be mounted in some other mount namespace only: it cannot be joined from here.
  const joined = new Set([...layout.v1.flatMap(({ controllers }) => controllers), '']);
  for (const line of membership.trim().split('\n'))
    if (joined.has(line.split(':')[1]?.split(',')[0] ?? ''))
      assert.match(line, new RegExp(`/${PARENT}/life$`));

  await cgroup.freeze();
  assert.equal(cgroup.frozen, true);
  const frozenAt = cgroup.stats().cpu.usageNs;
  assert.ok(frozenAt > 0n);
  await new Promise(resolve => setTimeout(resolve, 50));
  assert.equal(cgroup.stats().cpu.usageNs, frozenAt);
  await cgroup.thaw();
  assert.equal(cgroup.frozen, false);

  const stats = cgroup.stats();
  assert.equal(stats.memory.limitBytes, 64 << 20);
  assert.ok(stats.memory.usageBytes > 0);
  assert.deepEqual(stats.pids, { current: 1, limit: 50 });

  await cgroup.freeze();
  const exited = once(child, 'exit');
  await cgroup.kill();
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  assert.deepEqual(cgroup.pids(), []);
  cgroup.remove();
  assert.equal(cgroup.exists, false);
});

test('it is destroyed with all that is in it: frozen, in cgroups below, or in one hierarchy only', async () => {
  const { plan, cgroup } = make('destroyed', { pids: { limit: 200 } });
  const fork = 'i=0; while [ $i -lt 50 ]; do setsid sleep 1000 & i=$((i+1)); done; echo forked; wait';
  const [forks, only, below] = [
    await join(plan, fork),
    await join(
      { ...plan, join: plan.join.slice(0, 1), cloneInto: layout.v1[0] ? undefined : plan.cloneInto },
      'cat',
    ),
    await join(plan, 'cat'),
  ];
  await until(() => cgroup.pids().length >= 50);
  for (const directory of new Set([...Object.values(cgroup.paths.v1), cgroup.paths.unified ?? []].flat())) {
    mkdirSync(`${directory}/below`);
    // A cpuset accepts no process before it is set up.
    if (directory === cgroup.paths.v1.cpuset || directory === cgroup.paths.unified) continue;
    writeFileSync(`${directory}/below/cgroup.procs`, String(below.pid));
  }
  const ends = Promise.all([forks, only, below].map(child => once(child, 'exit')));
  await cgroup.freeze();
  assert.equal(await cgroup.destroy(), true);
  assert.deepEqual(
    await ends,
    [0, 1, 2].map(() => [null, 'SIGKILL']),
  );
  assert.equal(cgroup.exists, false);
  assert.equal(await cgroup.destroy(), true);
});

test('limits are changed in place, in the order that the kernel accepts', () => {
  const { cgroup } = make('update', {
    memory: { limit: 32 << 20, swap: 64 << 20 },
    cpu: { period: 100_000, quota: 20_000, burst: 10_000 },
  });
  const { v1, unified } = cgroup.paths;
  cgroup.update({ memory: { limit: 128 << 20, swap: 256 << 20 } });
  assert.equal(cgroup.stats().memory.limitBytes, 128 << 20);
  cgroup.update({ memory: { limit: 16 << 20, swap: 16 << 20 } });
  assert.equal(cgroup.stats().memory.limitBytes, 16 << 20);
  cgroup.update({ cpu: { quota: 5000, burst: 1000 } });
  cgroup.update({ cpu: { quota: 50_000, burst: 40_000 } });
  const quota = v1.cpu
    ? readFileSync(`${v1.cpu}/cpu.cfs_quota_us`, 'utf8')
    : readFileSync(`${unified}/cpu.max`, 'utf8');
  assert.match(quota, /^50000\b/);
  assert.throws(() => cgroup.update({ cpu: { quota: 1 } }), { name: 'EngineError', kind: 'system' });
});

test('a child that needs more memory than the limit is counted as killed', async () => {
  const { plan, cgroup } = make('oom', { memory: { limit: 16 << 20, swap: 16 << 20 } });
  const child = await join(plan, 'read line; tail -c 100m /dev/zero | tail -c 100m > /dev/null');
  const exited = once(child, 'exit');
  child.stdin.end('go\n');
  await exited;
  assert.ok(cgroup.oomKills() > 0);
});

test('devices outside the list cannot be opened, the default ones can', { skip: noDeviceList }, async () => {
  const { plan } = make('devices', { devices: [{ allow: false, access: 'rwm' }] });
  const child = await join(
    plan,
    'read line; : < /dev/null && : < /dev/zero && ! (: < /dev/kmsg) 2>/dev/null && echo right',
  );
  let output = '';
  child.stdout.on('data', chunk => (output += String(chunk)));
  const closed = once(child, 'close');
  child.stdin.end('go\n');
  await closed;
  assert.equal(output, 'right\n');
});

test('cgroups that the container made below its own go with it', () => {
  const { cgroup } = make('nested', {});
  for (const directory of [cgroup.paths.unified, cgroup.paths.v1.pids])
    if (directory) mkdirSync(posix.join(directory, 'a', 'b'), { recursive: true });
  cgroup.remove();
  assert.equal(cgroup.exists, false);
});
