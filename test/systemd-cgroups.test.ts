/** The daemon's containers as systemd's units; where systemd is the init, as in the virtual machine. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const SYSTEMD = ['--exec-opt', 'native.cgroupdriver=systemd'];
const runs = existsSync('/run/systemd/system');
const skip = runs ? false : 'systemd does not run here';

test('where systemd is not the init, a daemon that wants it for cgroups says so', {
  skip: runs,
}, async () => {
  const daemon = new DaemonProcess(...SYSTEMD, '--cgroup-parent', 'some.slice');
  await assert.rejects(daemon.start(), /the cgroup driver systemd needs systemd as this machine's init/);
  await daemon.dispose();
});

describe('cgroups by systemd', { skip }, () => {
  const slice = `slipwaytest${randomBytes(4).toString('hex')}.slice`;
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox(
      ...SYSTEMD,
      '--cgroup-parent',
      slice,
      '--system-reserved',
      'memory=64m',
    );
  });

  after(async () => {
    await daemon.dispose();
    spawnSync('systemctl', ['stop', slice]);
  });

  const unitOf = (id: string) => `slipway-${id}.scope`;

  function shown(unit: string, ...properties: string[]): Record<string, string> {
    const text = execFileSync('systemctl', ['show', unit, '-p', properties.join(',')], { encoding: 'utf8' });
    return Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map(line => line.split('=') as [string, string]),
    );
  }

  const launch = (hostConfig: object, ...command: string[]) =>
    daemon.launch({ Image: 'busybox', Cmd: command, HostConfig: { NetworkMode: 'none', ...hostConfig } });
  const state = async (id: string) =>
    ((await daemon.api('GET', `/containers/${id}/json`)) as { State: { Pid: number; Running: boolean } })
      .State;
  const isInactive = (unit: string) => shown(unit, 'ActiveState').ActiveState === 'inactive';

  test('a container is a unit with its limits, is changed through it, outlives the daemon, and starts again', async () => {
    const { CgroupDriver } = (await daemon.api('GET', '/info')) as { CgroupDriver: string };
    assert.equal(CgroupDriver, 'systemd');
    assert.notEqual(shown(slice, 'MemoryMax').MemoryMax, 'infinity');
    const limits = { Memory: 64 << 20, PidsLimit: 20, CpuQuota: 50_000, CpuPeriod: 100_000 };
    const id = await launch(limits, 'sleep', '1000');
    const unit = unitOf(id);
    const { ControlGroup = '', ...set } = shown(
      unit,
      'ControlGroup',
      'MemoryMax',
      'TasksMax',
      'CPUQuotaPerSecUSec',
      'Slice',
    );
    assert.deepEqual(set, {
      Slice: slice,
      CPUQuotaPerSecUSec: '500ms',
      MemoryMax: String(64 << 20),
      TasksMax: '20',
    });
    const { Pid } = await state(id);
    assert.match(readFileSync(`/proc/${Pid}/cgroup`, 'utf8'), new RegExp(`^0::${ControlGroup}$`, 'm'));

    await daemon.api('POST', `/containers/${id}/update`, {
      PidsLimit: 30,
      Memory: 128 << 20,
      MemorySwap: -1,
    });
    // What systemd itself does must not undo what is in the files.
    execFileSync('systemctl', ['daemon-reload']);
    assert.deepEqual(shown(unit, 'MemoryMax', 'TasksMax'), {
      MemoryMax: String(128 << 20),
      TasksMax: '30',
    });
    if (existsSync('/sys/fs/cgroup/cgroup.controllers'))
      assert.equal(readFileSync(`/sys/fs/cgroup${ControlGroup}/pids.max`, 'utf8').trim(), '30');

    await daemon.kill();
    await daemon.start();
    assert.equal((await state(id)).Pid, Pid);
    await daemon.api('POST', `/containers/${id}/restart?t=0`);
    assert.equal((await state(id)).Running, true);
    assert.equal(shown(unit, 'TasksMax').TasksMax, '30');
    await daemon.api('DELETE', `/containers/${id}?force=1`);
    await until(() => isInactive(unit));
  });

  test('one that ends or fails to start leaves no unit, and a parent is a slice', async () => {
    const ended = await launch({}, 'true');
    await daemon.api('POST', `/containers/${ended}/wait`);
    await until(() => isInactive(unitOf(ended)));
    const create = async (body: object) =>
      ((await daemon.api('POST', '/containers/create', { Image: 'busybox', ...body })) as { Id: string }).Id;
    const broken = await create({ Cmd: ['/nosuch'] });
    await assert.rejects(daemon.api('POST', `/containers/${broken}/start`), /\/nosuch/);
    await until(() => isInactive(unitOf(broken)));
    await assert.rejects(
      create({ HostConfig: { CgroupParent: '/docker' } }),
      /cgroup-parent for systemd cgroup should be a valid slice named as \\"xxx\.slice\\"/,
    );
    const inner = slice.replace('.slice', '-inner.slice');
    const placed = await launch({ CgroupParent: inner }, 'sleep', '1000');
    assert.match(shown(unitOf(placed), 'ControlGroup').ControlGroup ?? '', new RegExp(`/${slice}/${inner}/`));
    await daemon.clear();
  });
});
