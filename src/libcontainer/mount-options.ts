import { lookupTable } from '../base/lookup-table.ts';
import * as M from '../kernel/abi/mount.ts';
import type { Mount } from '../oci/runtime-spec.ts';

/** What the `options` of a mount in a runtime spec ask for (config-linux.md, "Linux mount options"). */
export type MountOptions = {
  /** MOUNT_ATTR_* to set and to clear on the mount itself. */
  attributes: number;
  clearAttributes: number;
  /** Whether any option was about them. */
  asks: boolean;
  /** The same for the whole tree below a recursive bind (`rro`, `rnosuid` …). */
  recursiveAttributes: number;
  recursiveClear: number;
  /** MS_PRIVATE and so on, with MS_REC; 0 when nothing was asked. */
  propagation: number;
  bind: boolean;
  recursive: boolean;
  /** Ids are mapped, in the top mount or in all of them. */
  idmap: 'no' | 'top' | 'all';
  /** A tmpfs begins with a copy of what it lies on. */
  copyUp: boolean;
  /** For the file system: `size=64m`, `gid=5`, `sync`. */
  data: string[];
};

/** Said of one mount, these only undo others of the list; of a whole tree they have an effect. */
const WITHOUT_EFFECT = new Set(['atime', 'diratime', 'norelatime', 'nostrictatime']);

/** The bits that an option sets, and those it clears. */
const ATTRIBUTES = lookupTable<readonly [number, number]>({
  ro: [M.MOUNT_ATTR_RDONLY, 0],
  rw: [0, M.MOUNT_ATTR_RDONLY],
  nosuid: [M.MOUNT_ATTR_NOSUID, 0],
  suid: [0, M.MOUNT_ATTR_NOSUID],
  nodev: [M.MOUNT_ATTR_NODEV, 0],
  dev: [0, M.MOUNT_ATTR_NODEV],
  noexec: [M.MOUNT_ATTR_NOEXEC, 0],
  exec: [0, M.MOUNT_ATTR_NOEXEC],
  noatime: [M.MOUNT_ATTR_NOATIME, M.MOUNT_ATTR__ATIME],
  atime: [0, M.MOUNT_ATTR__ATIME],
  relatime: [0, M.MOUNT_ATTR__ATIME],
  norelatime: [0, M.MOUNT_ATTR__ATIME],
  strictatime: [M.MOUNT_ATTR_STRICTATIME, M.MOUNT_ATTR__ATIME],
  nostrictatime: [0, M.MOUNT_ATTR__ATIME],
  nodiratime: [M.MOUNT_ATTR_NODIRATIME, 0],
  diratime: [0, M.MOUNT_ATTR_NODIRATIME],
  nosymfollow: [M.MOUNT_ATTR_NOSYMFOLLOW, 0],
  symfollow: [0, M.MOUNT_ATTR_NOSYMFOLLOW],
});

const PROPAGATION = lookupTable<number>({
  private: M.MS_PRIVATE,
  rprivate: M.MS_PRIVATE | M.MS_REC,
  slave: M.MS_SLAVE,
  rslave: M.MS_SLAVE | M.MS_REC,
  shared: M.MS_SHARED,
  rshared: M.MS_SHARED | M.MS_REC,
  unbindable: M.MS_UNBINDABLE,
  runbindable: M.MS_UNBINDABLE | M.MS_REC,
});

/** Understood by mount(8), or by other tools, and meaning nothing here; podman leaves empty ones behind. */
const IGNORED = new Set(['', 'defaults', 'async', 'nomand', 'loud', 'nolazytime', 'noiversion', 'silent']);

export function parseMountOptions(options: readonly string[] = []): MountOptions {
  const result: MountOptions = {
    attributes: 0,
    clearAttributes: 0,
    asks: false,
    recursiveAttributes: 0,
    recursiveClear: 0,
    propagation: 0,
    bind: false,
    recursive: false,
    idmap: 'no',
    copyUp: false,
    data: [],
  };
  for (const option of options) applyOption(result, option);
  return result;
}

/** Whether a mount shows what is elsewhere already, by its options or the name that mount(8) has for it. */
export function isBindMount({ type, options }: Mount): boolean {
  return type === 'bind' || (options ?? []).some(option => option === 'bind' || option === 'rbind');
}

/** The propagation flags of a name (`rslave`), undefined for an unknown one. */
export function propagationFlags(name: string): number | undefined {
  return PROPAGATION[name];
}

const OTHERS = 'bind rbind idmap ridmap tmpcopyup sync dirsync mand lazytime iversion'.split(' ');

/** All that is understood here, sorted; what a file system understands besides is not listed. */
export function mountOptionNames(): string[] {
  const attributes = Object.keys(ATTRIBUTES);
  return [
    ...attributes,
    ...attributes.map(name => `r${name}`),
    ...Object.keys(PROPAGATION),
    ...IGNORED,
    ...OTHERS,
  ]
    .filter(Boolean)
    .toSorted();
}

function applyOption(result: MountOptions, option: string): void {
  const attribute = ATTRIBUTES[option];
  const recursive = option.startsWith('r') ? ATTRIBUTES[option.slice(1)] : undefined;
  if (attribute) {
    result.asks = true;
    if (WITHOUT_EFFECT.has(option)) return;
    const [set, clear] = attribute;
    result.attributes = (result.attributes & ~clear) | set;
    result.clearAttributes = (result.clearAttributes & ~set) | clear;
  } else if (option in PROPAGATION) {
    result.propagation = PROPAGATION[option] ?? 0;
  } else if (recursive) {
    const [set, clear] = recursive;
    result.recursiveAttributes = (result.recursiveAttributes & ~clear) | set;
    result.recursiveClear = (result.recursiveClear & ~set) | clear;
  } else if (option === 'bind' || option === 'rbind') {
    result.bind = true;
    result.recursive = option === 'rbind';
  } else if (option === 'idmap' || option === 'ridmap') {
    result.idmap = option === 'ridmap' ? 'all' : 'top';
  } else if (option === 'tmpcopyup') {
    result.copyUp = true;
  } else if (!IGNORED.has(option)) {
    result.data.push(option);
  }
}
