/**
 * Checks, from the root of the tree, what imports what below src/. Type imports count; tests do not, but for where
 * they lie. There are no inline exceptions.
 *
 * - ROOMS: which room (folder of src/) may import which.
 * - ORDERS: in which direction the files and folders of a room know each other.
 * - Circles: in no folder do two entries (files, or folders with all that is in them) need each other.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOMS: Record<string, readonly string[]> = {
  base: [],
  kernel: ['base'],
  archive: ['base', 'kernel'],
  http: ['base'],
  buildkit: ['base'],
  api: ['base'],
  oci: ['base', 'api'],
  dockerfile: ['base', 'oci'],
  graph: ['base', 'kernel', 'archive', 'api', 'oci', 'dockerfile'],
  registry: ['base', 'kernel', 'archive', 'http', 'api', 'oci'],
  networkdriver: ['base', 'kernel'],
  cgroups: ['base', 'kernel', 'oci'],
  governor: ['base', 'kernel', 'cgroups', 'oci'],
  libcontainer: ['base', 'kernel', 'cgroups', 'oci'],
  execdriver: ['base', 'kernel', 'cgroups', 'oci', 'libcontainer'],
  runtime: ['base', 'kernel', 'cgroups', 'oci', 'libcontainer', 'execdriver'],
  daemon:
    'base kernel archive api oci cgroups graph registry networkdriver libcontainer execdriver governor'.split(
      ' ',
    ),
  builder: 'base kernel archive buildkit api oci dockerfile graph'.split(' '),
  server: ['base', 'http', 'api'],
  client: ['base', 'api'],
  /** The archive for what `cp` packs and unpacks. */
  cli: ['base', 'buildkit', 'api', 'oci', 'client', 'archive', 'registry', 'governor'],
  /** Composition only: the entry points, and the engine as a library. */
  main: 'base kernel http buildkit api governor graph registry networkdriver libcontainer execdriver runtime daemon builder server client cli'.split(
    ' ',
  ),
};

/** All folders that are not named. */
const DRIVERS = 'drivers';

/**
 * The entries of a folder, lowest first: each may import those of earlier lines only. '*' stands for all files that are
 * not named, which may import each other.
 */
const ORDERS: Record<string, readonly (readonly string[])[]> = {
  'src/archive': [['*'], ['tar'], ['trees'], ['rooted']],
  'src/graph': [
    ['records', 'graphdriver', 'content', 'space-reserve.ts'],
    ['layers'],
    ['images'],
    ['operations'],
    ['graph.ts'],
    ['open-graph.ts'],
  ],
  'src/graph/operations': [
    ['*'],
    ['commit', 'import', 'load', 'save', 'receive'],
    ['containers', 'bootstrap'],
    ['build', 'recover'],
    ['check'],
  ],
  'src/daemon': [
    ['model'],
    ['volume', 'network', 'image'],
    ['container'],
    ['exec', 'build'],
    ['system'],
    ['testing'],
  ],
  'src/daemon/container': [
    ['spec', 'probe.ts'],
    ['daemon.ts'],
    ['open-layer.ts'],
    ['mounts', 'logs'],
    ['config', 'streams', 'health'],
    ['networking'],
    ['start', 'create', 'archive', 'inspect'],
    ['lifecycle'],
    ['commit'],
  ],
  'src/networkdriver': [
    ['ipam'],
    ['dns', 'network-namespace.ts'],
    ['driver.ts', 'namespace-pool.ts', 'uplink-mtu.ts', 'nft'],
    ['trace'],
    ['sublink'],
    [DRIVERS, 'null-driver.ts', 'network-driver-suite.ts'],
    ['open-network-drivers.ts'],
  ],
  'src/execdriver': [
    ['driver.ts'],
    ['start-error.ts', 'suite-containers.ts'],
    ['exec-driver-suite.ts', DRIVERS],
  ],
  'src/builder': [
    ['solver'],
    ['*'],
    ['frontend'],
    ['build.ts'],
    ['operations'],
    ['contexts', 'exporters', 'checks'],
    ['steps'],
    ['build-stage.ts'],
    ['build-image.ts'],
    ['caches', 'attestations'],
    ['legacy'],
    ['buildkit'],
  ],
  'src/registry': [['client'], ['copy', 'policy', 'server', 'testing']],
  'src/server': [['*'], ['body'], ['routes'], ['api-server.ts'], ['testing']],
};

/** The only file that may import the FFI library. */
const FFI_MODULE = 'src/kernel/libc.ffi.ts';
const IMPORT = /(?:from|import\(|import)\s*'([^']+)'/g;

type Import = { from: string; to: string };
type Entries = Map<string, Map<string, Import>>;

const files = globSync('src/**/*.ts').toSorted();
const imports = files.filter(file => !file.endsWith('.test.ts')).flatMap(importsOf);
const problems = [
  ...files.filter(file => roomOf(file) === undefined).map(file => `${file}: lies in no room`),
  ...files.flatMap(strayImports),
  ...imports.flatMap(importsBetweenRooms),
  ...Object.keys(ORDERS).flatMap(folder => importsAgainstOrder(folder, ORDERS[folder] ?? [])),
  ...foldersOf(files).flatMap(circleIn),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function targetsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, target]) => target ?? []);
}

/** Relative imports, as paths from the root of the tree. */
function importsOf(file: string): Import[] {
  return targetsOf(file)
    .filter(target => target.startsWith('.'))
    .map(target => ({ from: file, to: join(dirname(file), target) }));
}

function strayImports(file: string): string[] {
  const outside = importsOf(file).filter(({ to }) => roomOf(to) === undefined && !file.endsWith('.test.ts'));
  return [
    ...outside.map(({ to }) => `${file}: ${to} lies in no room`),
    ...(targetsOf(file).includes('koffi') && file !== FFI_MODULE
      ? [`${file}: only ${FFI_MODULE} may import koffi`]
      : []),
  ];
}

function roomOf(path: string): string | undefined {
  const [top, room = '', ...rest] = path.split('/');
  return top === 'src' && room in ROOMS && rest.length > 0 ? room : undefined;
}

function importsBetweenRooms({ from, to }: Import): string[] {
  const [room, imported] = [roomOf(from), roomOf(to)];
  if (room === undefined || imported === undefined || room === imported) return [];
  return ROOMS[room]?.includes(imported) ? [] : [`${from}: room ${room} may not import room ${imported}`];
}

function importsAgainstOrder(folder: string, order: readonly (readonly string[])[]): string[] {
  const rankOf = (entry: string): number => {
    const place = order.flat().includes(entry) ? entry : entry.endsWith('.ts') ? '*' : DRIVERS;
    return order.findIndex(entries => entries.includes(place));
  };
  const areUnnamedFiles = (...entries: string[]) =>
    entries.every(entry => entry.endsWith('.ts') && !order.flat().includes(entry));
  return [...entriesOf(folder)].flatMap(([entry, imported]) => {
    if (rankOf(entry) === -1) return [`${folder}/${entry}: has no place in the order of ${folder}`];
    return [...imported]
      .filter(([other]) => rankOf(other) >= rankOf(entry) && !areUnnamedFiles(entry, other))
      .map(([other, { from, to }]) => `${from}: imports ${to}, but ${other} is not below ${entry}`);
  });
}

function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return [...folders].toSorted();
}

/** The entries of a folder, and which of the others each imports, with an example. */
function entriesOf(folder: string): Entries {
  const entries: Entries = new Map();
  for (const file of files) {
    const entry = entryOf(folder, file);
    if (entry !== undefined && !file.endsWith('.test.ts')) entries.set(entry, new Map());
  }
  for (const each of imports) {
    const [from, to] = [entryOf(folder, each.from), entryOf(folder, each.to)];
    if (from !== undefined && to !== undefined && from !== to) entries.get(from)?.set(to, each);
  }
  return entries;
}

function entryOf(folder: string, path: string): string | undefined {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split('/')[0] : undefined;
}

/** A circle of the folder's entries, if there is one. */
function circleIn(folder: string): string[] {
  const entries = entriesOf(folder);
  const done = new Set<string>();
  const circleFrom = (entry: string, way: readonly string[]): string[] => {
    if (way.includes(entry)) return [...way.slice(way.indexOf(entry)), entry];
    if (done.has(entry)) return [];
    for (const next of entries.get(entry)?.keys() ?? []) {
      const circle = circleFrom(next, [...way, entry]);
      if (circle.length > 0) return circle;
    }
    done.add(entry);
    return [];
  };
  for (const entry of entries.keys()) {
    const circle = circleFrom(entry, []);
    if (circle.length > 0) return [describeCircle(folder, circle, entries)];
  }
  return [];
}

function describeCircle(folder: string, circle: readonly string[], entries: Entries): string {
  const examples = circle.slice(1).map((to, index) => entries.get(circle[index] ?? '')?.get(to));
  const lines = examples.map(each => `\n    ${each?.from} imports ${each?.to}`);
  return `${folder}: ${circle.join(' → ')} is a circle${lines.join('')}`;
}
