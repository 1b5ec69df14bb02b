import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { OverlayOptions } from '../../kernel/detached-overlay.ts';
import { socketPair } from '../../kernel/socket-pair.ts';
import type { PackingJob } from './rooted-jobs.ts';
import type { RootedThreads } from './rooted-threads.ts';

/**
 * Where a tree of files is: in a directory, in an overlay that has to be mounted, or wherever the function has it
 * mounted: it gives a descriptor, which its caller closes.
 */
export type Tree = string | OverlayOptions | (() => Promise<number>);

/** A tree as a tar stream that a thread writes. Destroying it ends the work. Fails with the thread's error. */
export function packStream(threads: RootedThreads, tree: Tree): Readable {
  const pack = async (outputFd: number) => {
    const { root, close } = await openTree(tree);
    try {
      await threads.run({ kind: 'pack', root, outputFd });
    } finally {
      close();
    }
  };
  return writtenStream(pack).stream;
}

export type Packing = { stream: Readable; done: Promise<void> };

/**
 * What a job in a thread writes, as a stream. Destroying it ends the work. Fails with the thread's error. `done`
 * settles when the thread has finished; it never rejects.
 */
export function packingStream(threads: RootedThreads, job: (outputFd: number) => PackingJob): Packing {
  return writtenStream(outputFd => threads.run(job(outputFd)));
}

/** A tree as jobs take it. The caller closes it. */
export async function openTree(
  tree: Tree,
): Promise<{ root: string | number | OverlayOptions; close: () => void }> {
  if (typeof tree !== 'function') return { root: tree, close: () => undefined };
  const fd = await tree();
  return { root: fd, close: () => closeSync(fd) };
}

/** What `write` writes to a blocking descriptor, as a stream: see {@link packingStream}. */
export function writtenStream(write: (outputFd: number) => Promise<void>): Packing {
  const [own, outputFd] = socketPair();
  const socket = new Socket({ fd: own, readable: true, writable: false, allowHalfOpen: true });
  // End of file comes when the thread's end is closed; an error must come before it.
  const done = write(outputFd).then(
    () => closeSync(outputFd),
    (error: Error) => {
      socket.destroy(error);
      closeSync(outputFd);
    },
  );
  return { stream: socket, done };
}
