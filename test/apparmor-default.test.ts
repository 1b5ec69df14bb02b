/** The profile that containers get on a kernel with AppArmor (npm run test:vm has one). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { readHostFile } from '../src/cgroups/layout.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const hasAppArmor = readHostFile('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y';

describe('the default AppArmor profile', { skip: hasAppArmor ? false : 'no AppArmor here' }, () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
    // Not the daemon's to take away: containers may live on under it.
    execFileSync('/usr/sbin/apparmor_parser', ['-R'], { input: 'profile docker-default {}\n' });
  });

  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await daemon.slipway('run', '--rm', '--network', 'none', ...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  test('confines containers that name none, and denies mounts', async () => {
    const script = 'cat /proc/self/attr/current; mount -t tmpfs none /mnt 2>&1 || true';
    const output = await run(
      '--cap-add',
      'SYS_ADMIN',
      '--security-opt',
      'seccomp=unconfined',
      'busybox',
      'sh',
      '-c',
      `mkdir /mnt; ${script}`,
    );
    assert.match(output, /^docker-default \(enforce\)/);
    assert.match(output, /permission denied/i);
  });

  test('leaves privileged containers, and those that ask, unconfined', async () => {
    for (const option of ['--privileged', '--security-opt=apparmor=unconfined'])
      assert.equal(await run(option, 'busybox', 'cat', '/proc/self/attr/current'), 'unconfined');
  });

  test('is shown by info and inspect, and lets a container be stopped', async () => {
    const { stdout } = await daemon.slipway('info', '-f', '{{json .SecurityOptions}}');
    assert.match(stdout, /name=apparmor/);
    const args = [
      'run',
      '-d',
      '--name',
      'confined',
      '--network',
      'none',
      '--init',
      'busybox',
      'sleep',
      '1000',
    ];
    assert.equal((await daemon.slipway(...args)).code, 0);
    const inspected = await daemon.slipway('inspect', '-f', '{{.AppArmorProfile}}', 'confined');
    assert.equal(inspected.stdout.trim(), 'docker-default');
    assert.equal((await daemon.slipway('stop', '-t', '60', 'confined')).code, 0);
    const code = await daemon.slipway('inspect', '-f', '{{.State.ExitCode}}', 'confined');
    assert.equal(code.stdout.trim(), '143');
  });
});
