import { closeSync, constants, openSync } from 'node:fs';
import {
  DISK_QUOTA,
  FS_DQ_BHARD,
  FS_DQ_BSOFT,
  FS_DQUOT_VERSION,
  FS_IOC_FSGETXATTR,
  FS_IOC_FSSETXATTR,
  FS_PROJ_QUOTA,
  FS_QUOTA_PDQ_ACCT,
  FS_QUOTA_PDQ_ENFD,
  FS_XFLAG_PROJINHERIT,
  FSXATTR_BYTES,
  FSXATTR_FLAGS_OFFSET,
  FSXATTR_PROJECT_OFFSET,
  Q_XGETQSTATV,
  Q_XGETQUOTA,
  Q_XSETQLIM,
  QUOTA_STATE_BYTES,
  QUOTA_STATE_FLAGS_OFFSET,
  QUOTA_STATE_VERSION,
} from './abi/quota.ts';
import { syscall, syscallResult } from './libc.ffi.ts';

/** The unit of block limits. */
const BLOCK_BYTES = 512;

/** Whether the file system of a directory enforces quotas of projects (mount option `prjquota`). */
export function hasProjectQuotas(directory: string): boolean {
  return withDirectory(directory, fd => {
    const state = Buffer.alloc(QUOTA_STATE_BYTES);
    state.writeUInt8(QUOTA_STATE_VERSION, 0);
    const wanted = FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD;
    if (syscallResult('quotactl_fd', fd, Q_XGETQSTATV, 0, state) < 0) return false;
    return (state.readUInt16LE(QUOTA_STATE_FLAGS_OFFSET) & wanted) === wanted;
  });
}

/** The project that a directory belongs to; 0 is none. @throws SyscallError */
export function projectOf(directory: string): number {
  return withDirectory(directory, fd => readAttributes(fd).readUInt32LE(FSXATTR_PROJECT_OFFSET));
}

/** Puts a directory, with all that is made in it from now on, into a project. @throws SyscallError */
export function joinProject(directory: string, project: number): void {
  withDirectory(directory, fd => {
    const attributes = readAttributes(fd);
    const flags = attributes.readUInt32LE(FSXATTR_FLAGS_OFFSET) | FS_XFLAG_PROJINHERIT;
    attributes.writeUInt32LE(flags >>> 0, FSXATTR_FLAGS_OFFSET);
    attributes.writeUInt32LE(project, FSXATTR_PROJECT_OFFSET);
    syscall('ioctl', `FS_IOC_FSSETXATTR, ${directory}`, fd, FS_IOC_FSSETXATTR, attributes);
  });
}

/** Whether the project has no files. @throws SyscallError */
export function isProjectUnused(directory: string, project: number): boolean {
  return withDirectory(directory, fd => {
    const quota = Buffer.alloc(DISK_QUOTA.bytes);
    // Nothing is known of a project that was never used.
    if (syscallResult('quotactl_fd', fd, Q_XGETQUOTA, project, quota) < 0) return true;
    return (
      quota.readBigUInt64LE(DISK_QUOTA.inodeCount) === 0n &&
      quota.readBigUInt64LE(DISK_QUOTA.blockCount) === 0n
    );
  });
}

/** Limits the bytes of all files of a project; 0 for no limit. @throws SyscallError */
export function limitProject(directory: string, project: number, bytes: number): void {
  withDirectory(directory, fd => {
    const quota = Buffer.alloc(DISK_QUOTA.bytes);
    const blocks = BigInt(Math.ceil(bytes / BLOCK_BYTES));
    quota.writeUInt8(FS_DQUOT_VERSION, DISK_QUOTA.version);
    quota.writeUInt8(FS_PROJ_QUOTA, DISK_QUOTA.flags);
    quota.writeUInt16LE(FS_DQ_BHARD | FS_DQ_BSOFT, DISK_QUOTA.fieldMask);
    quota.writeUInt32LE(project, DISK_QUOTA.id);
    quota.writeBigUInt64LE(blocks, DISK_QUOTA.blockHardLimit);
    quota.writeBigUInt64LE(blocks, DISK_QUOTA.blockSoftLimit);
    syscall('quotactl_fd', `Q_XSETQLIM, project ${project}, ${bytes}`, fd, Q_XSETQLIM, project, quota);
  });
}

function readAttributes(fd: number): Buffer {
  const attributes = Buffer.alloc(FSXATTR_BYTES);
  syscall('ioctl', 'FS_IOC_FSGETXATTR', fd, FS_IOC_FSGETXATTR, attributes);
  return attributes;
}

function withDirectory<T>(directory: string, task: (fd: number) => T): T {
  const fd = openSync(directory, constants.O_DIRECTORY);
  try {
    return task(fd);
  } finally {
    closeSync(fd);
  }
}
