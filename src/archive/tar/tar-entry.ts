import type { Segment } from '../../kernel/file-holes.ts';

export type TarEntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character-device'
  | 'block-device'
  | 'fifo';

/**
 * A file in a tar archive. Names are bytes: each character of `path`, `linkPath`, the owner's names and the
 * names of extended attributes stands for one byte (latin1), since archives hold names that are not UTF-8.
 */
export type TarEntry = {
  type: TarEntryType;
  path: string;
  /** What a symbolic link holds, or the path of the entry that a hard link is to. */
  linkPath: string;
  /** Permission bits, with setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  userName: string;
  groupName: string;
  /** Size of a file, holes included; 0 for everything else. */
  size: number;
  /** Since the epoch. */
  mtimeNs: bigint;
  /** Numbers of devices. */
  major: number;
  minor: number;
  xattrs: ReadonlyMap<string, Buffer>;
  /** Where the data of a sparse file lies, ascending; the archive holds only these bytes. */
  segments?: Segment[];
};

const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

/** An entry with what is given, and sensible values for the rest: root's, of 1970, mode 0644 or 0755. */
export function tarEntry(given: Partial<TarEntry> & { path: string }): TarEntry {
  const type = given.type ?? 'file';
  return {
    type,
    linkPath: '',
    mode: type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644,
    uid: 0,
    gid: 0,
    userName: '',
    groupName: '',
    size: 0,
    mtimeNs: 0n,
    major: 0,
    minor: 0,
    xattrs: NO_XATTRS,
    ...given,
  };
}
