/** Containers as systemd's units; where systemd is the init, as in the virtual machine. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { type Change, Runtime } from './fixtures/runtime.ts';

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
  assert.equal(readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim(), `0::${ControlGroup}`);
  assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/cgroup.procs`, 'utf8').trim(), String(pid));
  assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/cpu.max`, 'utf8').trim(), '500000 1000000');
  await call('update', 'one', '--cpu-period', '900000', '--pids-limit', '-1');
  assert.deepEqual(shown('CPUQuotaPerSecUSec', 'TasksMax'), {
    CPUQuotaPerSecUSec: '560ms',
    TasksMax: 'infinity',
  });
  assert.equal(await call('exec', 'one', 'cat', '/proc/self/cgroup'), '0::/\n');
  // What systemd itself does must not undo what is in the files.
  execFileSync('systemctl', ['daemon-reload']);
  assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/pids.max`, 'utf8').trim(), 'max');
  await call('delete', '--force', 'one');
  assert.equal(spawnSync('systemctl', ['status', unit]).status, 4);
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
