import type { CgroupPaths } from '../cgroups/cgroup-paths.ts';
import type { Seccomp, SeccompArgument } from '../oci/runtime-spec.ts';
import type { LimitFiles } from './plan.ts';
import { architectureNamed } from './seccomp/architectures.ts';
import { compileSeccomp } from './seccomp/compile-seccomp.ts';
import { syscallNumbers } from './seccomp/syscall-table.ts';

/** What a call makes, where that is not one descriptor: two, a copy of the caller's table, or perhaps none. As KIND_* of shim/open-files.c. */
const KINDS = { two: 1, copy: 2, replace: 3 } as const;

const CALLS: Readonly<Record<string, keyof typeof KINDS>> = {
  clone: 'copy',
  dup2: 'replace',
  dup3: 'replace',
  fork: 'copy',
  pipe: 'two',
  pipe2: 'two',
  socketpair: 'two',
  vfork: 'copy',
};

/** Calls that make one, or receive some. */
const MAKE_ONE = (
  'accept accept4 creat dup epoll_create epoll_create1 eventfd eventfd2 fanotify_init fsmount fsopen fspick ' +
  'inotify_init inotify_init1 landlock_create_ruleset memfd_create memfd_secret mq_open open open_by_handle_at ' +
  'open_tree open_tree_attr openat openat2 perf_event_open pidfd_getfd pidfd_open recvmmsg recvmmsg_time64 recvmsg ' +
  'signalfd signalfd4 socket timerfd_create userfaultfd bpf'
).split(' ');

const CLONE_FILES = 0x400;
const CLONE_THREAD = 0x10000;
const CLOSE_RANGE_UNSHARE = 2;
const F_DUPFD = 0;
const F_DUPFD_CLOEXEC = 1030;
const EMFILE = 24;
const ENOSYS = 38;
/** TIOCGPTPEER; NS_GET_USERNS, NS_GET_PARENT and their kin (linux/nsfs.h); PIDFD_GET_*_NAMESPACE (linux/pidfd.h) */
const IOCTLS = [
  0x5441,
  0xb701,
  0xb702,
  0xb70b,
  0xb70c,
  ...Array.from({ length: 10 }, (_, index) => 0xff01 + index),
];

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

const hasBits = (index: number, bits: number, of = bits): SeccompArgument => ({
  index,
  op: 'SCMP_CMP_MASKED_EQ',
  value: of,
  valueTwo: bits,
});
const isEqual = (index: number, value: number): SeccompArgument => ({ index, op: 'SCMP_CMP_EQ', value });

/**
 * Every call that makes descriptors asks. What would make some that nobody counts is refused: a table that a thread has
 * by itself, and rings whose files need no descriptors. clone3(2), whose flags are in memory, is not there, and
 * libraries use clone(2).
 */
const PROFILE: Seccomp = {
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: [...(ARCHITECTURES[process.arch] ?? [])],
  syscalls: [
    {
      names: [...MAKE_ONE, ...Object.keys(CALLS).filter(name => name !== 'clone')],
      action: 'SCMP_ACT_NOTIFY',
    },
    { names: ['clone'], action: 'SCMP_ACT_NOTIFY', args: [hasBits(0, 0, CLONE_FILES)] },
    {
      names: ['clone'],
      action: 'SCMP_ACT_NOTIFY',
      args: [hasBits(0, CLONE_FILES, CLONE_FILES | CLONE_THREAD)],
    },
    ...[F_DUPFD, F_DUPFD_CLOEXEC].map(command => ({
      names: ['fcntl', 'fcntl64'],
      action: 'SCMP_ACT_NOTIFY' as const,
      args: [isEqual(1, command)],
    })),
    ...IOCTLS.map(request => ({
      names: ['ioctl'],
      action: 'SCMP_ACT_NOTIFY' as const,
      args: [isEqual(1, request)],
    })),
    {
      names: ['unshare'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EMFILE,
      args: [hasBits(0, CLONE_FILES)],
    },
    {
      names: ['close_range'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: EMFILE,
      args: [hasBits(2, CLOSE_RANGE_UNSHARE)],
    },
    { names: ['clone3', 'io_uring_setup'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
  ],
};
Object.freeze(PROFILE);

/** The filter of processes whose open files are limited. */
export function filesFilter(): Uint8Array {
  return compileSeccomp(PROFILE).filter;
}

/** @param limit 0: none for now, but one may be set later */
export function limitFiles(limit: number, { unified, v1 }: CgroupPaths): LimitFiles {
  return { op: 'limit-files', limit, cgroup: unified ?? v1.pids ?? v1.memory ?? '', calls: callTable() };
}

function callTable(): Uint8Array {
  const words = PROFILE.architectures!.flatMap(name => {
    const { audit, column, base } = architectureNamed(name)!;
    return Object.entries(CALLS).flatMap(([call, kind]) => {
      const number = syscallNumbers(call)?.[column];
      return number === undefined ? [] : [audit, base + number, KINDS[kind]];
    });
  });
  return new Uint8Array(Uint32Array.from(words).buffer);
}
