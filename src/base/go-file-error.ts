import { errorCode, messageOf } from './errors.ts';

const REASONS: Record<string, string> = {
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
};

/** Node's file errors as Go prints them: `open /x: no such file or directory`; other errors' own messages. */
export function goFileMessage(error: unknown): string {
  const { path, syscall } = error as { path?: string; syscall?: string };
  const reason = REASONS[errorCode(error) ?? ''];
  return reason !== undefined && path !== undefined && syscall !== undefined
    ? `${syscall} ${path}: ${reason}`
    : messageOf(error);
}
