import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkProcMount } from './check-proc-mount.ts';

const bind = (destination: string, source = '/tmp') => ({ destination, source, options: ['rbind'] });

test('nothing but a proc file system is mounted on /proc', () => {
  checkProcMount({ destination: '/proc', type: 'proc', source: 'proc' });
  checkProcMount(bind('/proc', '/proc'));
  const others = [
    bind('/proc'),
    bind('/proc/'),
    bind('proc'),
    bind('//./proc'),
    bind('/x/../proc'),
    // Its root only, or what is hidden in /proc would be looked for in vain.
    bind('/proc', '/proc/self'),
    bind('/proc', '/nowhere'),
    { destination: '/proc', type: 'tmpfs', source: 'tmpfs' },
    { destination: '/proc', type: 'cgroup', source: 'cgroup' },
    // Said to be one, and a bind all the same.
    { destination: '/proc', type: 'proc', source: '/tmp', options: ['bind'] },
  ];
  for (const mount of others)
    assert.throws(() => checkProcMount(mount), {
      kind: 'invalid-parameter',
      message: /"\/proc" cannot be mounted because it is not of type proc$/,
    });
});

test('nothing is mounted inside /proc but what shows a container its limits', () => {
  for (const name of ['cpuinfo', 'meminfo', 'uptime', 'stat', 'sys/kernel/ns_last_pid'])
    checkProcMount(bind(`/proc/${name}`));
  for (const destination of ['/proc/sys', '/proc/1', '/proc/self/attr', '/proc/cpuinfo/x', '/proc//net/dev'])
    assert.throws(() => checkProcMount(bind(destination)), {
      kind: 'invalid-parameter',
      message: /cannot be mounted because it is inside \/proc$/,
    });
  for (const type of ['proc', 'tmpfs', 'cgroup'])
    assert.throws(() => checkProcMount({ destination: '/proc/sys', type, source: type }), {
      message: `unable to start container process: error during container init: error mounting "${type}" to rootfs at "/proc/sys": create mountpoint for /proc/sys mount: check proc-safety of /proc/sys mount: "/proc/sys" cannot be mounted because it is inside /proc`,
    });
});

test('what only begins like it is free', () => {
  for (const destination of ['/process', '/data/proc', '/proc2/sys']) checkProcMount(bind(destination));
});
