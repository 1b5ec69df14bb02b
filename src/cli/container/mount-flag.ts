import { resolve } from 'node:path';
import type { Mount } from '../../api/types.ts';
import { type Flag, splitPair } from '../flags/flag.ts';
import { parseCsvLine } from '../values/csv.ts';
import { parseBool, parseUnsigned } from '../values/go-numbers.ts';
import { parseSize } from '../values/size.ts';
import { lookupTable } from '../../base/lookup-table.ts';

/** `--mount type=bind,source=/a,target=/b,readonly`. */
export function mountFlag(usage: string): Flag<Mount[]> {
  const set = (text: string, before: Mount[]) => [...before, parseMount(text)];
  return { short: '', usage, kind: 'mount', initial: [], set };
}

function parseMount(text: string): Mount {
  const mount: Mount = { Type: 'volume' };
  for (const field of parseCsvLine(text)) applyField(mount, field);
  checkMount(mount);
  return mount;
}

const SWITCHES = new Set(['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive', 'bind-create-src']);

function applyField(mount: Mount, field: string): void {
  const bare = !field.includes('=');
  const [key, value] = splitPair(field);
  if (bare && !SWITCHES.has(key)) throw new Error(`invalid field '${field}' must be a key=value pair`);
  const set = SETTERS[key];
  if (set === undefined) throw new Error(`unexpected key '${key}' in '${field}'`);
  set(mount, bare ? 'true' : value, key);
}

type Setter = (mount: Mount, value: string, key: string) => void;

const setSource: Setter = (mount, value) => {
  mount.Source =
    value === '.' || value.startsWith('./') || value.startsWith('../') || value === '..'
      ? resolve(value)
      : value;
};
const setTarget: Setter = (mount, value) => {
  mount.Target = value;
};
const setReadonly: Setter = (mount, value, key) => {
  mount.ReadOnly = boolValue(key, value);
};
const bind = (mount: Mount) => (mount.BindOptions ??= {});
const volume = (mount: Mount) => (mount.VolumeOptions ??= { Labels: {} });
const driver = (mount: Mount) => (volume(mount).DriverConfig ??= {});
const tmpfs = (mount: Mount) => (mount.TmpfsOptions ??= {});

const SETTERS = lookupTable<Setter>({
  type: (mount, value) => {
    mount.Type = value.toLowerCase() as Mount['Type'];
  },
  source: setSource,
  src: setSource,
  target: setTarget,
  dst: setTarget,
  destination: setTarget,
  readonly: setReadonly,
  ro: setReadonly,
  consistency: (mount, value) => {
    mount.Consistency = value.toLowerCase();
  },
  'bind-propagation': (mount, value) => {
    bind(mount).Propagation = value.toLowerCase();
  },
  'bind-nonrecursive': (mount, value, key) => {
    bind(mount).NonRecursive = boolValue(key, value);
  },
  'bind-create-src': (mount, value, key) => {
    bind(mount).CreateMountpoint = boolValue(key, value);
  },
  'bind-recursive': setRecursive,
  'volume-subpath': (mount, value) => {
    volume(mount).Subpath = value;
  },
  'volume-nocopy': (mount, value, key) => {
    volume(mount).NoCopy = boolValue(key, value);
  },
  'volume-label': (mount, value) => {
    volume(mount).Labels = withPair(volume(mount).Labels, value);
  },
  'volume-driver': (mount, value) => {
    driver(mount).Name = value;
  },
  'volume-opt': (mount, value) => {
    driver(mount).Options = withPair(driver(mount).Options, value);
  },
  'image-subpath': (mount, value) => {
    (mount.ImageOptions ??= {}).Subpath = value;
  },
  'tmpfs-size': (mount, value, key) => {
    tmpfs(mount).SizeBytes = checked(key, value, parseSize);
  },
  'tmpfs-mode': (mount, value, key) => {
    tmpfs(mount).Mode = checked(key, value, text => parseUnsigned(text, { base: 8, bits: 32 }));
  },
});

function setRecursive(mount: Mount, value: string): void {
  const options = bind(mount);
  if (value === 'enabled') return;
  if (value === 'disabled') options.NonRecursive = true;
  else if (value === 'writable') options.ReadOnlyNonRecursive = true;
  else if (value === 'readonly') options.ReadOnlyForceRecursive = true;
  else
    throw new Error(
      `invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
    );
}

function withPair(before: Record<string, string> | null | undefined, text: string): Record<string, string> {
  const [key, value] = splitPair(text);
  return key === '' ? { ...before } : { ...before, [key]: value };
}

function boolValue(key: string, value: string): boolean {
  return checked(key, value, parseBool);
}

function checked<T>(key: string, value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch {
    throw new Error(`invalid value for ${key}: ${value}`);
  }
}

function checkMount(mount: Mount): void {
  if (!mount.Type) throw new Error('type is required');
  if (!mount.Target) throw new Error('target is required');
  checkKind(mount, mount.VolumeOptions, 'volume');
  checkKind(mount, mount.BindOptions, 'bind');
  checkKind(mount, mount.TmpfsOptions, 'tmpfs');
  checkKind(mount, mount.ImageOptions, 'image');
  if (mount.BindOptions?.ReadOnlyNonRecursive && !mount.ReadOnly)
    throw new Error("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
  if (mount.BindOptions?.ReadOnlyForceRecursive) checkForcedReadonly(mount);
}

function checkKind(mount: Mount, options: object | undefined, kind: string): void {
  if (options !== undefined && mount.Type !== kind)
    throw new Error(`cannot mix '${kind}-*' options with mount type '${mount.Type}'`);
}

function checkForcedReadonly(mount: Mount): void {
  if (!mount.ReadOnly)
    throw new Error("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
  if (mount.BindOptions?.Propagation !== 'rprivate')
    throw new Error(
      "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction",
    );
}
