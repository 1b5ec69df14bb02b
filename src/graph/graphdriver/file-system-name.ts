/** Magic numbers of statfs(2) (linux/magic.h), with the names that Docker shows. */
const NAMES = new Map([
  [0xef53, 'extfs'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x6969, 'nfs'],
  [0xca451a4e, 'bcachefs'],
]);

export function fileSystemName(magic: number): string {
  return NAMES.get(magic) ?? '<unknown>';
}
