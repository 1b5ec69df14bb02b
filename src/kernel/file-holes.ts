import { syscallResult } from './libc.ffi.ts';

const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

export type Segment = { offset: number; length: number };

/**
 * The parts of an open file that hold data, in order, as its file system tells (lseek(2), SEEK_DATA and
 * SEEK_HOLE); one that covers everything where it cannot tell. Leaves the file position at 0.
 */
export function dataSegments(fd: number, size: number): Segment[] {
  const segments: Segment[] = [];
  let position = 0;
  while (position < size) {
    const start = syscallResult('lseek', fd, position, SEEK_DATA);
    if (start === -6 /* ENXIO: only a hole follows */) break;
    if (start < 0) return [{ offset: 0, length: size }];
    const end = Math.min(syscallResult('lseek', fd, start, SEEK_HOLE), size);
    if (end <= start) break;
    segments.push({ offset: start, length: end - start });
    position = end;
  }
  syscallResult('lseek', fd, 0, SEEK_SET);
  return segments;
}
