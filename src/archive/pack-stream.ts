import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { OverlayOptions } from '../kernel/detached-overlay.ts';
import { syscall } from '../kernel/libc.ffi.ts';
import type { RootedThreads } from './rooted-threads.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/**
 * Where a tree of files is: in a directory, in an overlay that has to be mounted, or wherever the function has it
 * mounted: it gives a descriptor, which its caller closes.
 */
export type Tree = string | OverlayOptions | (() => Promise<number>);

/** A tree as a tar stream that a thread writes. Destroying it ends the work. Fails with the thread's error. */
export function packStream(threads: RootedThreads, tree: Tree): Readable {
  const pair = Buffer.alloc(8);
  syscall('socketpair', 'AF_UNIX', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  const outputFd = pair.readInt32LE(4);
  const socket = new Socket({
    fd: pair.readInt32LE(0),
    readable: true,
    writable: false,
    allowHalfOpen: true,
  });
  // End of file comes when the thread's end is closed; an error must come before it.
  pack(threads, tree, outputFd).then(
    () => closeSync(outputFd),
    (error: Error) => {
      socket.destroy(error);
      closeSync(outputFd);
    },
  );
  return socket;
}

async function pack(threads: RootedThreads, tree: Tree, outputFd: number): Promise<void> {
  if (typeof tree !== 'function') return threads.run({ kind: 'pack', root: tree, outputFd });
  const root = await tree();
  try {
    await threads.run({ kind: 'pack', root, outputFd });
  } finally {
    closeSync(root);
  }
}
