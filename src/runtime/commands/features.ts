import { ALL_CAPABILITIES } from '../../libcontainer/capabilities.ts';
import { mountOptionNames } from '../../libcontainer/mount-options.ts';
import { MEMORY_POLICY_NAMES } from '../../libcontainer/scheduling.ts';
import type { Command } from '../command.ts';
import { SPEC_VERSION } from '../version.ts';
import { print } from '../print.ts';

export const features: Command = {
  usage: '',
  summary: 'show the enabled features',
  flags: {},
  args: { min: 0 },
  async run() {
    print(`${JSON.stringify(featuresDocument(), undefined, 4)}\n`);
    return 0;
  },
};

const ACTIONS = 'ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP'.split(' ');
const OPERATORS = 'EQ GE GT LE LT MASKED_EQ NE'.split(' ');
const SECCOMP_FLAGS = 'TSYNC SPEC_ALLOW LOG WAIT_KILLABLE_RECV'
  .split(' ')
  .map(name => `SECCOMP_FILTER_FLAG_${name}`);

/** features.md of the runtime specification. */
function featuresDocument() {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: SPEC_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: mountOptionNames(),
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
      capabilities: ALL_CAPABILITIES,
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: ACTIONS.map(name => `SCMP_ACT_${name}`),
        operators: OPERATORS.map(name => `SCMP_CMP_${name}`),
        archs: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM', 'SCMP_ARCH_X32', 'SCMP_ARCH_X86', 'SCMP_ARCH_X86_64'],
        knownFlags: SECCOMP_FLAGS,
        supportedFlags: SECCOMP_FLAGS,
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
      memoryPolicy: MEMORY_POLICY_NAMES,
    },
    potentiallyUnsafeConfigAnnotations: ['bundle'],
  };
}
