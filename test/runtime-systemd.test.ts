/** Containers as systemd's units; where systemd is the init, as in the virtual machine. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { exampleSpec } from '../src/runtime/example-spec.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';
import { until } from '../src/base/testing/until.ts';

const runtime = new Runtime();
after(() => runtime.close());

const skip = existsSync('/run/systemd/system') ? false : 'systemd does not run here';
const name = runtime.cgroupParent;
const unit = `${name}-one.scope`;

const limited: Change = spec => {
  spec.linux.cgroupsPath = `slipway-${name.replaceAll('-', '')}.slice:${name}:one`;
  spec.linux.resources = {
    ...spec.linux.resources,
    memory: { limit: 33_554_432 },
    cpu: { quota: 500_000, period: 1_000_000 },
    pids: { limit: 20 },
  };
  spec.annotations = { 'org.systemd.property.RuntimeMaxSec': 'uint64 500' };
};

function shown(...properties: string[]): Record<string, string> {
  const text = execFileSync('systemctl', ['show', unit, '-p', properties.join(',')], { encoding: 'utf8' });
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map(line => line.split('=') as [string, string]),
  );
}

const call = (...args: string[]) => runtime.succeed('--systemd-cgroup', ...args);

// Of a test that failed: the others are to say what they find, not that the name is taken.
afterEach(async () => {
  if (!skip) await runtime.call('--systemd-cgroup', 'delete', '--force', 'one');
});

/** A hierarchy of v1 may have been there before. */
function unifiedCgroup(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
}

test('a paused one can be removed, though its unit goes as soon as it is empty', { skip }, async () => {
  await call('run', '-d', '-b', runtime.bundle(['sleep', '1000'], limited), 'one');
  await call('pause', 'one');
  await call('delete', '--force', 'one');
  assert.equal(shown('ActiveState').ActiveState, 'inactive');
  assert.deepEqual(runtime.leftovers(), []);
});

test('a container is a unit with its limits, is changed through it, and goes with it', { skip }, async () => {
  await call('run', '-d', '-b', runtime.bundle(['sleep', '1000'], limited), 'one');
  const limits = [
    'MemoryMax',
    'TasksMax',
    'CPUQuotaPerSecUSec',
    'CPUQuotaPeriodUSec',
    'Delegate',
    'RuntimeMaxUSec',
  ];
  assert.deepEqual(shown(...limits), {
    MemoryMax: '33554432',
    TasksMax: '20',
    CPUQuotaPerSecUSec: '500ms',
    CPUQuotaPeriodUSec: '1s',
    Delegate: 'yes',
    RuntimeMaxUSec: '8min 20s',
  });
  const { pid } = JSON.parse(await call('state', 'one')) as { pid: number };
  const { ControlGroup = '' } = shown('ControlGroup');
  assert.equal(unifiedCgroup(pid), ControlGroup);
  assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/cgroup.procs`, 'utf8').trim(), String(pid));
  assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/cpu.max`, 'utf8').trim(), '500000 1000000');
  await call('update', 'one', '--cpu-period', '900000', '--pids-limit', '-1');
  assert.deepEqual(shown('CPUQuotaPerSecUSec', 'TasksMax'), {
    CPUQuotaPerSecUSec: '560ms',
    TasksMax: 'infinity',
  });
  assert.match(await call('exec', 'one', 'cat', '/proc/self/cgroup'), /^0::\/$/m);
  // What systemd itself does must not undo what is in the files.
  execFileSync('systemctl', ['daemon-reload']);
  assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/pids.max`, 'utf8').trim(), 'max');
  await call('delete', '--force', 'one');
  assert.equal(spawnSync('systemctl', ['status', unit]).status, 4);
});

test('systemd leaves the devices as they are, and grants no others itself', { skip }, async () => {
  const disk = readFileSync('/sys/block/nullb0/dev', 'utf8').trim();
  const [major, minor] = disk.split(':').map(Number) as [number, number];
  const readOnly: Change = spec => {
    limited(spec);
    spec.linux.devices = [{ path: '/dev/disk', type: 'b', major, minor, fileMode: 0o666 }];
    spec.linux.resources!.devices = [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'b', major, minor, access: 'r' },
    ];
  };
  await call('run', '-d', '-b', runtime.bundle(['sleep', '1000'], readOnly), 'one');
  const { DevicePolicy, DeviceAllow = '' } = shown('DevicePolicy', 'DeviceAllow');
  assert.equal(DevicePolicy, 'strict');
  assert.ok(DeviceAllow.includes(`/dev/block/${disk} r`), DeviceAllow);
  const script =
    '(: </dev/disk) && echo read; (: >>/dev/disk) && echo written; (: >/dev/null) && echo nothing; true';
  const opened = () => call('exec', 'one', 'sh', '-c', script);
  assert.equal(await opened(), 'read\nnothing\n');
  execFileSync('systemctl', ['daemon-reload']);
  await call('update', 'one', '--pids-limit', '30');
  assert.equal(await opened(), 'read\nnothing\n');
  await call('delete', '--force', 'one');
  const all: Change = spec => {
    readOnly(spec);
    spec.linux.resources!.devices = [{ allow: true, access: 'rwm' }];
  };
  await call('run', '-d', '-b', runtime.bundle(['sleep', '1000'], all), 'one');
  assert.equal(shown('DevicePolicy').DevicePolicy, 'auto');
  assert.equal(await opened(), 'read\nwritten\nnothing\n');
  await call('delete', '--force', 'one');
});

test('a unit may have a single process, and its limit grows and shrinks while it runs', {
  skip,
}, async () => {
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    limited(spec);
    spec.linux.resources!.pids = { limit: 1 };
  });
  await call('run', '-d', '-b', bundle, 'one');
  const { ControlGroup = '' } = shown('ControlGroup');
  const limits = () => [
    shown('TasksMax').TasksMax,
    readFileSync(`/sys/fs/cgroup${ControlGroup}/pids.max`, 'utf8').trim(),
  ];
  assert.deepEqual(limits(), ['1', '1']);
  await call('update', 'one', '--pids-limit', '5', '--memory', '50M', '--cpuset-cpus', '0');
  assert.deepEqual(limits(), ['5', '5']);
  assert.deepEqual(shown('MemoryMax', 'AllowedCPUs'), { MemoryMax: '52428800', AllowedCPUs: '0' });
  assert.equal(await call('exec', 'one', 'echo', 'second'), 'second\n');
  await call('update', 'one', '--pids-limit', '1');
  execFileSync('systemctl', ['daemon-reload']);
  assert.deepEqual(limits(), ['1', '1']);
  await call('delete', '--force', 'one');
});

test('a creation that fails leaves no unit, and neither does one that has failed', { skip }, async () => {
  const { stderr } = await runtime.call(
    '--systemd-cgroup',
    'run',
    '-b',
    runtime.bundle(['nothing'], limited),
    'one',
  );
  assert.match(stderr, /executable file not found/);
  assert.equal(spawnSync('systemctl', ['status', unit]).status, 4);
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    limited(spec);
    spec.annotations = {
      'org.systemd.property.RuntimeMaxSec': '1',
      'org.systemd.property.TimeoutStopSec': '1',
    };
  });
  await call('run', '-d', '-b', bundle, 'one');
  while (JSON.parse(await call('state', 'one')).status !== 'stopped');
  assert.equal(spawnSync('systemctl', ['status', unit]).status, 3);
  await call('delete', 'one');
  assert.equal(spawnSync('systemctl', ['status', unit]).status, 4);
});

test('a cgroupsPath of another form is refused', { skip }, async () => {
  const { stderr } = await runtime.call('--systemd-cgroup', 'run', '-b', runtime.bundle(['true']), 'one');
  assert.match(stderr, /expected cgroupsPath to be of format \\"slice:prefix:name\\"/);
});

test('without privileges a container is a unit of the user’s own manager', { skip }, async t => {
  const user = { uid: 1, gid: 1 };
  const home = join(runtime.base, 'home');
  mkdirSync(home);
  const manager = `${name}-manager`;
  const env = `XDG_RUNTIME_DIR=${home}`;
  const identity = [`--uid=${user.uid}`, `--gid=${user.gid}`, `--setenv=${env}`];
  // As user@.service is delegated. No other unit is to be started, above all none that looks after /tmp.
  const properties = ['-p', 'Delegate=memory pids', '-p', 'DefaultDependencies=no'];
  const command = ['/lib/systemd/systemd', '--user', '--unit=basic.target'];
  for (const path of [home, runtime.base]) chmodSync(path, 0o755);
  chownSync(home, user.uid, user.gid);
  execFileSync('systemd-run', ['-q', `--unit=${manager}`, ...identity, ...properties, ...command]);
  t.after(() => execFileSync('systemctl', ['kill', '--signal=KILL', manager]));
  await until(() => existsSync(join(home, 'systemd/private')));
  // Who may move a process into the manager's cgroup has to be in it.
  const delegated = `/sys/fs/cgroup/system.slice/${manager}.service`;
  const caller = `${delegated}/caller`;
  mkdirSync(caller);
  for (const path of [caller, `${caller}/cgroup.procs`]) chownSync(path, user.uid, user.gid);
  const asUser = (...args: string[]) => {
    const there = `echo $$ >${caller}/cgroup.procs && exec "$@"`;
    const ids = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', 'env', env];
    // Not a pipe: the container would keep it open.
    const log = join(home, 'log');
    const call = [runtime.program, '--root', join(home, 'state'), '--log', log, '--systemd-cgroup', ...args];
    const { status } = spawnSync('sh', ['-c', there, 'sh', ...ids, ...call], {
      stdio: 'ignore',
      timeout: 20_000,
    });
    assert.equal(status, 0, args.join(' ') + (existsSync(log) ? readFileSync(log, 'utf8') : ''));
  };
  const bundle = runtime.bundle(['sleep', '1000'], spec => {
    const { process, ...example } = exampleSpec(true);
    for (const path of ['proc', 'dev', 'sys']) mkdirSync(join(spec.root!.path, path), { recursive: true });
    Object.assign(spec, example, {
      root: spec.root,
      process: { ...process, args: spec.process.args, terminal: false },
    });
    spec.mounts = spec.mounts!.filter(({ type }) => type !== 'cgroup');
    spec.linux.cgroupsPath = `:${name}:user`;
    spec.linux.uidMappings = [{ containerID: 0, hostID: user.uid, size: 1 }];
    spec.linux.gidMappings = [{ containerID: 0, hostID: user.gid, size: 1 }];
    spec.linux.resources = { pids: { limit: 7 } };
  });
  chmodSync(bundle, 0o755);
  asUser('run', '-d', '-b', bundle, 'mine');
  const { pid } = JSON.parse(readFileSync(join(home, 'state/mine/state.json'), 'utf8')) as { pid: number };
  const place = `${delegated}/user.slice/${name}-user.scope`;
  assert.equal(`/sys/fs/cgroup${unifiedCgroup(pid)}`, place);
  assert.equal(readFileSync(`${place}/pids.max`, 'utf8').trim(), '7');
  asUser('update', 'mine', '--pids-limit', '9');
  assert.equal(readFileSync(`${place}/pids.max`, 'utf8').trim(), '9');
  asUser('delete', '--force', 'mine');
  assert.ok(!existsSync(place));
});
