import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * Files of the engine that are mounted into containers, which may write what they like into them, and hold leases on
 * them (fcntl(2), F_SETLEASE). With O_NONBLOCK, open(2) fails with EAGAIN instead of waiting for the lease's holder.
 */
const { O_WRONLY, O_RDWR, O_CREAT, O_NONBLOCK } = constants;
/** What is larger than that is no hosts file any more. */
const MAXIMUM_BYTES = 1024 * 1024;

/** @throws a file error, EAGAIN while a container has a lease on it */
export function writeHostFile(path: string, content: string): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0o644);
  try {
    replaceContent(fd, content);
  } finally {
    closeSync(fd);
  }
}

/** Leaves what is too large as it is. @throws as {@link writeHostFile} */
export function changeHostFile(path: string, change: (content: string) => string): void {
  const fd = openSync(path, O_RDWR | O_NONBLOCK);
  try {
    const { size } = fstatSync(fd);
    if (size > MAXIMUM_BYTES) return;
    const content = Buffer.alloc(size);
    const length = readSync(fd, content, 0, size, 0);
    replaceContent(fd, change(content.toString('utf8', 0, length)));
  } finally {
    closeSync(fd);
  }
}

function replaceContent(fd: number, content: string): void {
  // A file that is new needs no change of its size.
  if (fstatSync(fd).size > 0) ftruncateSync(fd);
  writeSync(fd, content, 0);
}
