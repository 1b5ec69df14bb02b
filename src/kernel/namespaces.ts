import { CLONE_NEWNET } from './abi/sched.ts';
import { cstring, syscall, syscallResult } from './libc.ffi.ts';

const AT_FDCWD = -100;
const O_RDONLY_CLOEXEC = 0o2000000;

/**
 * A new network namespace with nothing in it but a loopback interface that is down. It lives as long as the
 * descriptor, or a process or socket in it.
 * @returns a descriptor; the caller closes it
 * @throws SyscallError
 */
export function createNetworkNamespace(): number {
  const home = openNetworkNamespace();
  try {
    syscall('unshare', 'CLONE_NEWNET', CLONE_NEWNET);
    try {
      return openNetworkNamespace();
    } finally {
      goBack(home);
    }
  } finally {
    syscallResult('close', home);
  }
}

/**
 * Runs `task` with the calling thread in the network namespace. Sockets made there stay in it. The task is
 * synchronous: only that makes the hop invisible to the rest of the program.
 * @throws SyscallError, and what `task` throws
 */
export function inNetworkNamespace<T>(namespace: number, task: () => T): T {
  const home = openNetworkNamespace();
  try {
    syscall('setns', 'CLONE_NEWNET', namespace, CLONE_NEWNET);
    try {
      return task();
    } finally {
      goBack(home);
    }
  } finally {
    syscallResult('close', home);
  }
}

/**
 * The network namespace of the calling thread, or of a process.
 * @returns a descriptor; the caller closes it
 * @throws SyscallError; ENOENT, ESRCH when there is no such process
 */
export function openNetworkNamespace(pid?: number): number {
  const path = pid === undefined ? '/proc/thread-self/ns/net' : `/proc/${pid}/ns/net`;
  return syscall('openat', path, AT_FDCWD, cstring(path), O_RDONLY_CLOEXEC, 0);
}

function goBack(home: number): void {
  // A thread that stays in a container's namespace would work there from now on, unnoticed.
  if (syscallResult('setns', home, CLONE_NEWNET) < 0) process.abort();
}
