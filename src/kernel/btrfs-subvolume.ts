import { closeSync, constants, openSync } from 'node:fs';
import {
  BTRFS_ARGUMENT_BYTES,
  BTRFS_FIRST_FREE_OBJECTID,
  BTRFS_IOC_INO_LOOKUP,
  BTRFS_IOC_QGROUP_CREATE,
  BTRFS_IOC_QGROUP_LIMIT,
  BTRFS_IOC_QUOTA_CTL,
  BTRFS_IOC_QUOTA_RESCAN_WAIT,
  BTRFS_IOC_SNAP_CREATE_V2,
  BTRFS_IOC_SNAP_DESTROY,
  BTRFS_IOC_SUBVOL_CREATE,
  BTRFS_QGROUP_LIMIT_MAX_RFER,
  BTRFS_QUOTA_CTL_ENABLE,
  LOOKUP_OBJECT_OFFSET,
  VOLUME_NAME_OFFSET,
  VOLUME_V2_NAME_OFFSET,
} from './abi/btrfs.ts';
import { cstring, syscall, syscallAsync } from './libc.ffi.ts';
import type { PathBytes } from './xattr.ts';

/** A new, empty subvolume `name` in the directory `parent`, of mode 0755 less the umask. @throws SyscallError */
export function createSubvolume(parent: string, name: string): Promise<void> {
  return control(parent, 'BTRFS_IOC_SUBVOL_CREATE', BTRFS_IOC_SUBVOL_CREATE, named(VOLUME_NAME_OFFSET, name));
}

/** A writable snapshot of the subvolume `source`, as `name` in the directory `parent`. @throws SyscallError */
export async function snapshotSubvolume(source: string, parent: string, name: string): Promise<void> {
  const fd = openDirectory(source);
  try {
    const volume = named(VOLUME_V2_NAME_OFFSET, name);
    volume.writeBigInt64LE(BigInt(fd), 0);
    await control(parent, 'BTRFS_IOC_SNAP_CREATE_V2', BTRFS_IOC_SNAP_CREATE_V2, volume);
  } finally {
    closeSync(fd);
  }
}

/**
 * Deletes a subvolume with its files; the kernel frees them in the background.
 * @throws SyscallError; ENOTEMPTY when there are subvolumes below it
 */
export function deleteSubvolume(parent: string, name: string): Promise<void> {
  return control(parent, 'BTRFS_IOC_SNAP_DESTROY', BTRFS_IOC_SNAP_DESTROY, named(VOLUME_NAME_OFFSET, name));
}

/** The same with a directory that is open, for threads that may wait. @throws SyscallError */
export function deleteSubvolumeIn(parent: number, name: PathBytes): void {
  const argument = named(VOLUME_NAME_OFFSET, name);
  syscall('ioctl', `BTRFS_IOC_SNAP_DESTROY, ${String(name)}`, parent, BTRFS_IOC_SNAP_DESTROY, argument);
}

/** The id of the subvolume that a directory belongs to. @throws SyscallError */
export async function subvolumeId(path: string): Promise<bigint> {
  const lookup = Buffer.alloc(BTRFS_ARGUMENT_BYTES);
  lookup.writeBigUInt64LE(BTRFS_FIRST_FREE_OBJECTID, LOOKUP_OBJECT_OFFSET);
  await control(path, 'BTRFS_IOC_INO_LOOKUP', BTRFS_IOC_INO_LOOKUP, lookup);
  return lookup.readBigUInt64LE(0);
}

/**
 * Makes the file system count what belongs to whom. Returns when it has counted all; quick where it does already.
 * @throws SyscallError
 */
export async function enableQuotas(path: string): Promise<void> {
  const command = Buffer.alloc(16);
  command.writeBigUInt64LE(BTRFS_QUOTA_CTL_ENABLE, 0);
  await control(path, 'BTRFS_IOC_QUOTA_CTL', BTRFS_IOC_QUOTA_CTL, command);
  await control(path, 'BTRFS_IOC_QUOTA_RESCAN_WAIT', BTRFS_IOC_QUOTA_RESCAN_WAIT, null);
}

/**
 * Limits the bytes that the subvolume `path` may refer to, shared ones too. Quotas must be enabled.
 * @throws SyscallError
 */
export function limitSubvolume(path: string, bytes: number): Promise<void> {
  const limit = Buffer.alloc(48);
  // The first field stays 0: the subvolume's own group.
  limit.writeBigUInt64LE(BTRFS_QGROUP_LIMIT_MAX_RFER, 8);
  limit.writeBigUInt64LE(BigInt(bytes), 16);
  return control(path, 'BTRFS_IOC_QGROUP_LIMIT', BTRFS_IOC_QGROUP_LIMIT, limit);
}

/** Removes what is counted of a subvolume that was deleted. @throws SyscallError; EBUSY while it is being freed */
export function deleteQuotaGroup(path: string, id: bigint): Promise<void> {
  const group = Buffer.alloc(16);
  group.writeBigUInt64LE(id, 8);
  return control(path, 'BTRFS_IOC_QGROUP_CREATE', BTRFS_IOC_QGROUP_CREATE, group);
}

function named(offset: number, name: PathBytes): Buffer {
  const argument = Buffer.alloc(BTRFS_ARGUMENT_BYTES);
  cstring(name).copy(argument, offset);
  return argument;
}

/** ioctl(2) on a directory, on a thread of the pool: it may have to wait for the disk. */
async function control(
  path: PathBytes,
  name: string,
  request: number,
  argument: Buffer | null,
): Promise<void> {
  const fd = openDirectory(path);
  try {
    await syscallAsync('ioctl', `${name}, ${String(path)}`, fd, request, argument);
  } finally {
    closeSync(fd);
  }
}

function openDirectory(path: PathBytes): number {
  return openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW);
}
