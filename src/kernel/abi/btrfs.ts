/** include/uapi/linux/btrfs.h: numbers of ioctl(2), and where the fields of their structures are. */
export const BTRFS_IOC_SUBVOL_CREATE = 0x5000940e;
export const BTRFS_IOC_SNAP_DESTROY = 0x5000940f;
export const BTRFS_IOC_INO_LOOKUP = 0xd0009412;
export const BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417;
export const BTRFS_IOC_QUOTA_CTL = 0xc0109428;
export const BTRFS_IOC_QGROUP_CREATE = 0x4010942a;
export const BTRFS_IOC_QGROUP_LIMIT = 0x8030942b;
export const BTRFS_IOC_QUOTA_RESCAN_WAIT = 0x942e;

/** struct btrfs_ioctl_vol_args, _vol_args_v2, _ino_lookup_args: all of one size. */
export const BTRFS_ARGUMENT_BYTES = 4096;
export const VOLUME_NAME_OFFSET = 8;
export const VOLUME_V2_NAME_OFFSET = 56;
export const LOOKUP_OBJECT_OFFSET = 8;

export const BTRFS_QUOTA_CTL_ENABLE = 1n;
export const BTRFS_QGROUP_LIMIT_MAX_RFER = 1n;

/** The inode number of every subvolume's root directory. */
export const BTRFS_FIRST_FREE_OBJECTID = 256n;
/** include/uapi/linux/magic.h */
export const BTRFS_SUPER_MAGIC = 0x9123683e;
