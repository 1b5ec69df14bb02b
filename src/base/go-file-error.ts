import { errorCode, messageOf } from './errors.ts';
import { lookupTable } from './lookup-table.ts';

const REASONS = lookupTable<string>({
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file exists',
  EBUSY: 'device or resource busy',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
});

/** Node's file errors as Go prints them: `open /x: no such file or directory`; other errors' own messages. */
export function goFileMessage(error: unknown): string {
  const { path, syscall } = error as { path?: string; syscall?: string };
  const isKnown = (errorCode(error) ?? '') in REASONS;
  return isKnown && path !== undefined && syscall !== undefined
    ? `${syscall} ${path}: ${goFileReason(error)}`
    : messageOf(error);
}

/** Only why: `no such file or directory`. */
export function goFileReason(error: unknown): string {
  return REASONS[errorCode(error) ?? ''] ?? messageOf(error);
}
