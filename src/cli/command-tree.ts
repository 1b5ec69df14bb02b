import type { Command } from './command.ts';

/** A command, loaded when it is called, or a group of them. */
export type CommandEntry = {
  summary: string;
  /** Other names, which help does not list. */
  aliases?: readonly string[];
  hidden?: boolean;
  /** What its first argument makes of it, where at least two more follow: `port add CONTAINER 80`. */
  longer?: CommandTree;
} & ({ load: () => Promise<Command> } | { commands: CommandTree });

export type CommandTree = Readonly<Record<string, CommandEntry>>;
type Group = Extract<CommandEntry, { commands: CommandTree }>;

export function isGroup(entry: CommandEntry): entry is Group {
  return 'commands' in entry;
}

export function findEntry(tree: CommandTree, name: string): CommandEntry | undefined {
  if (Object.hasOwn(tree, name)) return tree[name];
  return Object.values(tree).find(entry => entry.aliases?.includes(name));
}

/** The commands under the headings of the program's own help. */
export function commandGroups(tree: CommandTree): { title: string; commands: CommandTree }[] {
  const entries = Object.entries(tree);
  const common = new Set(['run', 'exec', 'ps', 'build', 'pull', 'images', 'version', 'info']);
  const pick = (wanted: (name: string, entry: CommandEntry) => boolean) =>
    Object.fromEntries(entries.filter(([name, entry]) => wanted(name, entry)));
  return [
    { title: 'Common Commands', commands: pick(name => common.has(name)) },
    { title: 'Management Commands', commands: pick((_, entry) => isGroup(entry)) },
    { title: 'Commands', commands: pick((name, entry) => !common.has(name) && !isGroup(entry)) },
  ];
}

type Loader = () => Promise<{ command: unknown }>;

/** Commands differ in their flags' types; each is run with flags parsed by its own table. */
function entry(summary: string, load: Loader, aliases?: readonly string[]): CommandEntry {
  return { summary, aliases, load: async () => (await load()).command as Command };
}

const attach = entry(
  'Attach local standard input, output, and error streams to a running container',
  () => import('./commands/attach.ts'),
);
const build = entry('Build an image from a Dockerfile', () => import('./commands/build.ts'));
const commit = entry("Create a new image from a container's changes", () => import('./commands/commit.ts'));
const cp = entry(
  'Copy files/folders between a container and the local filesystem',
  () => import('./commands/cp.ts'),
);
const create = entry('Create a new container', () => import('./commands/create.ts'));
const diff = entry(
  "Inspect changes to files or directories on a container's filesystem",
  () => import('./commands/diff.ts'),
);
const exec = entry('Execute a command in a running container', () => import('./commands/exec.ts'));
const exportContainer = entry(
  "Export a container's filesystem as a tar archive",
  () => import('./commands/export.ts'),
);
const kill = entry('Kill one or more running containers', () => import('./commands/kill.ts'));
const logs = entry('Fetch the logs of a container', () => import('./commands/logs.ts'));
const pause = entry('Pause all processes within one or more containers', () => import('./commands/pause.ts'));
const port = {
  ...entry('List port mappings or a specific mapping for the container', () => import('./commands/port.ts')),
  longer: {
    add: entry('Publish further ports of a container', () => import('./commands/port-add.ts')),
    rm: entry('Publish ports of a container no more', () => import('./commands/port-rm.ts'), ['remove']),
  },
};
const rename = entry('Rename a container', () => import('./commands/rename.ts'));
const restart = entry('Restart one or more containers', () =>
  import('./commands/stop.ts').then(({ restart: command }) => ({ command })),
);
const remove = entry('Remove one or more containers', () => import('./commands/rm.ts'), ['remove']);
const run = entry('Create and run a new container from an image', () => import('./commands/run.ts'));
const start = entry('Start one or more stopped containers', () => import('./commands/start.ts'));
const stats = entry(
  'Display a live stream of container(s) resource usage statistics',
  () => import('./commands/stats.ts'),
);
const stop = entry('Stop one or more running containers', () => import('./commands/stop.ts'));
const top = entry('Display the running processes of a container', () => import('./commands/top.ts'));
const unpause = entry('Unpause all processes within one or more containers', () =>
  import('./commands/pause.ts').then(({ unpause: command }) => ({ command })),
);
const update = entry('Update configuration of one or more containers', () => import('./commands/update.ts'));
const wait = entry(
  'Block until one or more containers stop, then print their exit codes',
  () => import('./commands/wait.ts'),
);
const listContainers = entry('List containers', () => import('./commands/ps.ts'), ['list', 'ps']);

const history = entry('Show the history of an image', () => import('./commands/history.ts'));
const importImage = entry(
  'Import the contents from a tarball to create a filesystem image',
  () => import('./commands/import.ts'),
);
const load = entry('Load an image from a tar archive or STDIN', () => import('./commands/load.ts'));
const listImages = entry('List images', () => import('./commands/images.ts'), ['list']);
const pull = entry('Download an image from a registry', () => import('./commands/pull.ts'));
const push = entry('Upload an image to a registry', () => import('./commands/push.ts'));
const removeImages = entry('Remove one or more images', () => import('./commands/rmi.ts'), ['remove']);
const save = entry(
  'Save one or more images to a tar archive (streamed to STDOUT by default)',
  () => import('./commands/save.ts'),
);
const tag = entry('Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', () => import('./commands/tag.ts'));

const events = entry('Get real time events from the server', () => import('./commands/events.ts'));
const info = entry('Display system-wide information', () => import('./commands/info.ts'));

const BUILDER: CommandTree = {
  build,
  prune: entry('Remove build cache', () => import('./commands/builder-prune.ts')),
};

const CONTAINER: CommandTree = {
  attach,
  commit,
  cp,
  create,
  diff,
  exec,
  export: exportContainer,
  inspect: entry(
    'Display detailed information on one or more containers',
    () => import('./commands/container-inspect.ts'),
  ),
  kill,
  logs,
  ls: listContainers,
  pause,
  port,
  prune: entry('Remove all stopped containers', () => import('./commands/container-prune.ts')),
  rename,
  restart,
  rm: remove,
  run,
  start,
  stats,
  stop,
  top,
  unpause,
  update,
  wait,
};

const CGROUP: CommandTree = {
  ls: entry(
    "List the machine's cgroup hierarchies, their controllers, and what they lack",
    () => import('./commands/cgroup-ls.ts'),
  ),
  show: entry(
    "Show a container's cgroup in each hierarchy, its limits and its processes",
    () => import('./commands/cgroup-show.ts'),
  ),
  tree: entry('Show containers in the tree of cgroups', () => import('./commands/cgroup-tree.ts')),
};

const GOVERNOR: CommandTree = {
  simulate: entry('Draw what CPU burst makes of a trace', () => import('./commands/governor-simulate.ts')),
};

const IMAGE: CommandTree = {
  build,
  bootstrap: entry(
    "Make an image from this machine's own files, without a registry",
    () => import('./commands/bootstrap.ts'),
  ),
  copy: entry(
    'Copy an image between registries, OCI layouts and archives, without an engine in between',
    () => import('./commands/image-copy.ts'),
  ),
  history,
  import: importImage,
  inspect: entry(
    'Display detailed information on one or more images',
    () => import('./commands/image-inspect.ts'),
  ),
  load,
  ls: listImages,
  prune: entry('Remove unused images', () => import('./commands/image-prune.ts')),
  pull,
  push,
  rm: removeImages,
  save,
  tag,
};

const MANIFEST: CommandTree = {
  inspect: entry(
    'Display an image manifest, or manifest list',
    () => import('./commands/manifest-inspect.ts'),
  ),
};

const NETWORK: CommandTree = {
  connect: entry('Connect a container to a network', () => import('./commands/network-connect.ts')),
  create: entry('Create a network', () => import('./commands/network-create.ts')),
  disconnect: entry(
    'Disconnect a container from a network',
    () => import('./commands/network-disconnect.ts'),
  ),
  doctor: entry(
    'Tell what on the host keeps networks from working',
    () => import('./commands/network-doctor.ts'),
  ),
  inspect: entry(
    'Display detailed information on one or more networks',
    () => import('./commands/network-inspect.ts'),
  ),
  ls: entry('List networks', () => import('./commands/network-ls.ts'), ['list']),
  prune: entry('Remove all unused networks', () => import('./commands/network-prune.ts')),
  rm: entry('Remove one or more networks', () => import('./commands/network-rm.ts'), ['remove']),
};

const REGISTRY: CommandTree = {
  gc: entry('Remove what nothing in a registry leads to any more', () => import('./commands/registry-gc.ts')),
  serve: entry('Serve a registry of images', () => import('./commands/registry-serve.ts')),
};

const SYSTEM: CommandTree = {
  check: entry(
    "Verify the engine's images, layers and records, and repair them",
    () => import('./commands/system-check.ts'),
  ),
  df: entry('Show disk usage', () => import('./commands/system-df.ts')),
  events,
  info,
  prune: entry('Remove unused data', () => import('./commands/system-prune.ts')),
  top: entry(
    'Show where the CPU time of the machine goes, and what else it is short of',
    () => import('./commands/system-top.ts'),
  ),
};

const VOLUME: CommandTree = {
  create: entry('Create a volume', () => import('./commands/volume-create.ts')),
  inspect: entry(
    'Display detailed information on one or more volumes',
    () => import('./commands/volume-inspect.ts'),
  ),
  ls: entry('List volumes', () => import('./commands/volume-ls.ts'), ['list']),
  prune: entry('Remove unused local volumes', () => import('./commands/volume-prune.ts')),
  rm: entry('Remove one or more volumes', () => import('./commands/volume-rm.ts'), ['remove']),
};

export const COMMANDS: CommandTree = {
  attach,
  build,
  builder: { summary: 'Manage builds', commands: BUILDER },
  cgroup: { summary: 'Look at cgroups', commands: CGROUP },
  commit,
  container: { summary: 'Manage containers', commands: CONTAINER },
  cp,
  create,
  daemon: entry('Run the daemon in the foreground', () => import('./commands/daemon.ts')),
  diff,
  events,
  exec,
  export: exportContainer,
  governor: { summary: 'Try out how CPU time is governed', commands: GOVERNOR },
  history,
  image: { summary: 'Manage images', commands: IMAGE },
  images: { ...listImages, aliases: [] },
  import: importImage,
  info,
  inspect: entry('Return low-level information on objects', () => import('./commands/inspect.ts')),
  kill,
  load,
  login: entry('Authenticate to a registry', () => import('./commands/login.ts')),
  logout: entry('Log out from a registry', () => import('./commands/logout.ts')),
  logs,
  manifest: { summary: 'Manage Docker image manifests and manifest lists', commands: MANIFEST },
  network: { summary: 'Manage networks', commands: NETWORK },
  pause,
  port,
  ps: { ...listContainers, aliases: [] },
  pull,
  push,
  registry: { summary: 'Serve and maintain a registry', commands: REGISTRY },
  rename,
  restart,
  rm: { ...remove, aliases: [] },
  rmi: { ...removeImages, aliases: [] },
  run,
  save,
  search: entry('Search Docker Hub for images', () => import('./commands/search.ts')),
  start,
  stats,
  stop,
  system: { summary: 'Manage the engine', commands: SYSTEM },
  tag,
  top,
  unpause,
  update,
  version: entry('Show the Slipway version information', () => import('./commands/version.ts')),
  volume: { summary: 'Manage volumes', commands: VOLUME },
  wait,
};
