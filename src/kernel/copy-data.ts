import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { SyscallError } from '../base/errors.ts';
import { dataSegments, type Segment } from './file-holes.ts';
import { errnoName, syscallResult } from './libc.ffi.ts';

const CHUNK_BYTES = 256 * 1024;
/** How much one call copies, so that a thread can be ended between two calls. */
const RANGE_BYTES = 64 * 1024 * 1024;
/** What the kernel says where it cannot copy between two files by itself. */
const UNABLE = ['EXDEV', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EPERM'];

/**
 * Makes a new, empty file hold what another has, holes as holes; they share the data where their file system can
 * (copy_file_range(2)).
 * @throws SyscallError, Node's file errors
 */
export function copyData(from: number, to: number, size: number): void {
  for (const segment of dataSegments(from, size)) copySegment(from, to, segment);
  ftruncateSync(to, size);
}

function copySegment(from: number, to: number, { offset, length }: Segment): void {
  const [source, target] = [Buffer.alloc(8), Buffer.alloc(8)];
  for (let done = 0; done < length; ) {
    source.writeBigInt64LE(BigInt(offset + done));
    target.writeBigInt64LE(BigInt(offset + done));
    const wanted = Math.min(RANGE_BYTES, length - done);
    const count = syscallResult('copy_file_range', from, source, to, target, wanted, 0);
    if (count < 0) {
      const code = errnoName(-count);
      if (!UNABLE.includes(code)) throw new SyscallError('copy_file_range', -count, code);
      return copyBytes(from, to, { offset: offset + done, length: length - done });
    }
    // The file has got shorter.
    if (count === 0) return;
    done += count;
  }
}

function copyBytes(from: number, to: number, { offset, length }: Segment): void {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length));
  for (let done = 0; done < length; ) {
    const count = readSync(from, buffer, 0, Math.min(CHUNK_BYTES, length - done), offset + done);
    if (count === 0) return;
    for (let put = 0; put < count; ) put += writeSync(to, buffer, put, count - put, offset + done + put);
    done += count;
  }
}
