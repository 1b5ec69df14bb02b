/** include/uapi/linux/dqblk_xfs.h, quota.h and fs.h: quotas of projects, on xfs and ext4 alike. */
const PRJQUOTA = 2;
/** QCMD(command, PRJQUOTA) of quotactl(2). */
const projectCommand = (command: number) => ((0x5800 + command) << 8) | PRJQUOTA;
export const Q_XGETQUOTA = projectCommand(3);
export const Q_XSETQLIM = projectCommand(4);
export const Q_XGETQSTATV = projectCommand(8);

/** struct fs_quota_statv */
export const QUOTA_STATE_BYTES = 160;
export const QUOTA_STATE_VERSION = 1;
export const QUOTA_STATE_FLAGS_OFFSET = 2;
export const FS_QUOTA_PDQ_ACCT = 0x10;
export const FS_QUOTA_PDQ_ENFD = 0x20;

/** struct fs_disk_quota; limits are in blocks of 512 bytes. */
export const DISK_QUOTA = {
  bytes: 112,
  version: 0,
  flags: 1,
  fieldMask: 2,
  id: 4,
  blockHardLimit: 8,
  blockSoftLimit: 16,
  blockCount: 40,
  inodeCount: 48,
};
export const FS_DQUOT_VERSION = 1;
export const FS_PROJ_QUOTA = 2;
export const FS_DQ_BSOFT = 4;
export const FS_DQ_BHARD = 8;

/** struct fsxattr: attributes of a file, and its project. */
export const FS_IOC_FSGETXATTR = 0x801c581f;
export const FS_IOC_FSSETXATTR = 0x401c5820;
export const FSXATTR_BYTES = 28;
export const FSXATTR_FLAGS_OFFSET = 0;
export const FSXATTR_PROJECT_OFFSET = 12;
/** What is made in the directory belongs to its project, too. */
export const FS_XFLAG_PROJINHERIT = 0x200;
