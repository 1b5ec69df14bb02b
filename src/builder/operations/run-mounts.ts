import { createHash } from 'node:crypto';
import { chmodSync, chownSync, constants, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import type { BuildMount } from '../../api/build-step.ts';
import type { CopyTree } from '../../archive/rooted/pack-copy.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { withDescriptor } from '../../base/with-descriptor.ts';
import type { RunMount } from '../../dockerfile/instruction.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOSUID } from '../../kernel/abi/mount.ts';
import { openDetachedOverlay, type OverlayOptions } from '../../kernel/detached-overlay.ts';
import { clonePart } from '../../kernel/clone-part.ts';
import { openInRoot } from '../../kernel/open-beneath.ts';
import { openDetachedMount } from '../../kernel/open-detached-mount.ts';
import { cloneMount } from '../../kernel/own-mounts.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { AgentSource, SecretSource } from '../build-request.ts';
import { withAgent } from './ssh-agent.ts';
import { type SourceTree, withSource } from './source-tree.ts';

/** A mount of a RUN, everything known that decides about it. */
export type MountPlan = {
  mount: RunMount;
  /** Absolute; '' for a secret that is a variable only. */
  destination: string;
  /** Of a bind, and of a cache that begins with files. */
  source: SourceTree | undefined;
  /** Of a file that is written in the Dockerfile. */
  content: string | undefined;
  secrets: SecretSource;
  agents: AgentSource;
  /** What stands for it in the step's key: secrets are no part of it. */
  identity: unknown;
};

const SECRET_MODE = 0o400;
const SCRIPT_MODE = 0o755;
const MAX_SECRET_BYTES = 500 * 1024;

type Opened = { mounts: BuildMount[]; secretEnv: string[] };
type Use<T> = (mounts: BuildMount[], secretEnv: string[]) => Promise<T>;

/** Calls `use` with the mounts, made; they go afterwards, and what was written into temporary ones with them. */
export function withMounts<T>(
  parts: BuilderParts,
  plans: readonly MountPlan[],
  signal: AbortSignal,
  use: Use<T>,
): Promise<T> {
  const next = (index: number, opened: Opened): Promise<T> => {
    const plan = plans[index];
    if (plan === undefined) return use(opened.mounts, opened.secretEnv);
    return withMount(parts, plan, signal, (mounts, secretEnv) =>
      next(index + 1, {
        mounts: [...opened.mounts, ...mounts],
        secretEnv: [...opened.secretEnv, ...secretEnv],
      }),
    );
  };
  return next(0, { mounts: [], secretEnv: [] });
}

function withMount<T>(parts: BuilderParts, plan: MountPlan, signal: AbortSignal, use: Use<T>): Promise<T> {
  const { mount, destination, content } = plan;
  if (content !== undefined) return withFile(plan, Buffer.from(content), SCRIPT_MODE, use);
  switch (mount.type) {
    case 'bind':
      return withBind(parts, plan, use);
    case 'cache':
      return withCache(parts, plan, signal, use);
    case 'secret':
      return withSecret(plan, signal, use);
    case 'tmpfs': {
      const options = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
      return use([{ kind: 'tmpfs', destination, options }], []);
    }
    case 'ssh':
      return withAgent({ parts, agents: plan.agents, signal }, mount, fd =>
        fd === undefined
          ? use([], [])
          : use([{ kind: 'mount', destination, fd, writable: true }], [`SSH_AUTH_SOCK=${destination}`]),
      );
  }
}

function withBind<T>(parts: BuilderParts, plan: MountPlan, use: Use<T>): Promise<T> {
  const { mount, destination, source } = plan;
  if (source === undefined) throw new TypeError('a bind has a source');
  return withSource(parts, source, tree =>
    mount.readonly
      ? withDescriptor(openTree(tree), fd => withPart(fd, mount, destination, use))
      : withWritable(parts, tree, fd => withPart(fd, mount, destination, use)),
  );
}

function openTree(tree: CopyTree): number {
  if (typeof tree === 'number') return openSync(`/proc/self/fd/${tree}`, constants.O_DIRECTORY);
  return typeof tree === 'string' ? cloneMount(tree, { recursive: false }) : openDetachedOverlay(tree);
}

/** What is written is discarded afterwards. */
async function withWritable<T>(
  parts: BuilderParts,
  tree: CopyTree,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const { lowerdirs, options = [] } = overlayOf(tree);
  const directory = mkdtempSync(join(parts.root, 'tmp', 'bind-'));
  const [upperdir, workdir] = [join(directory, 'upper'), join(directory, 'work')];
  for (const path of [upperdir, workdir]) mkdirSync(path);
  try {
    return await withDescriptor(openDetachedOverlay({ lowerdirs, upperdir, workdir, options }), use);
  } finally {
    await parts.threads.run({ kind: 'remove', root: join(parts.root, 'tmp'), name: basename(directory) });
  }
}

function overlayOf(tree: CopyTree): OverlayOptions {
  if (typeof tree === 'object') return tree;
  return { lowerdirs: [typeof tree === 'number' ? `/proc/self/fd/${tree}` : tree] };
}

/** A file or directory of a tree, links resolved within it. */
async function withPart<T>(tree: number, mount: RunMount, destination: string, use: Use<T>): Promise<T> {
  const path = posix.join('/', mount.source).slice(1);
  return withDescriptor(partOf(tree, path, mount.readonly), fd =>
    use([{ kind: 'mount', destination, fd, writable: !mount.readonly }], []),
  );
}

function partOf(tree: number, path: string, readonly: boolean): number {
  try {
    return clonePart(tree, path, { recursive: false, readonly });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new EngineError('not-found', `${JSON.stringify(`/${path}`)}: not found`);
  }
}

/** A directory that lasts; `locked`: for one step at a time. */
function withCache<T>(
  parts: BuilderParts,
  { mount, destination, source }: MountPlan,
  signal: AbortSignal,
  use: Use<T>,
): Promise<T> {
  const name = createHash('sha256')
    .update(mount.id || destination)
    .digest('hex');
  const run = async (own: string): Promise<T> => {
    signal.throwIfAborted();
    const directory = join(parts.cacheMounts.root, own);
    const isNew = mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined;
    const data = join(directory, 'data');
    mkdirSync(data, { recursive: true });
    if (isNew && source !== undefined) await fillCache(parts, source, { path: mount.source, data });
    if (isNew) {
      chmodSync(data, mount.mode ?? 0o755);
      chownSync(data, mount.uid ?? 0, mount.gid ?? 0);
      writeFileSync(join(directory, 'id'), mount.id || destination, { mode: 0o600 });
    }
    return withDescriptor(cloneMount(data, { recursive: false, readonly: mount.readonly }), fd =>
      use([{ kind: 'mount', destination, fd, writable: !mount.readonly }], []),
    );
  };
  const own = mount.sharing === 'private' ? `${name}-private` : name;
  return parts.cacheMounts.using(own, () =>
    mount.sharing === 'shared' ? run(own) : parts.mountLocks.run(`${mount.sharing} ${name}`, () => run(own)),
  );
}

/** What a new cache begins with (`from=`, `source=`). */
function fillCache(
  parts: BuilderParts,
  source: SourceTree,
  { path, data }: { path: string; data: string },
): Promise<void> {
  return withSource(parts, source, tree =>
    withDescriptor(openTree(tree), root => {
      const part = openInRoot(root, posix.join('/', path).slice(1) || '.', constants.O_DIRECTORY);
      if (part < 0) throw new EngineError('not-found', `${JSON.stringify(path)}: not found`);
      return withDescriptor(part, from => parts.threads.run({ kind: 'copy', from, to: data }));
    }),
  );
}

async function withSecret<T>(plan: MountPlan, signal: AbortSignal, use: Use<T>): Promise<T> {
  const { mount, destination } = plan;
  const id = secretId(mount);
  const value = await plan.secrets(id, signal);
  if (value === undefined) {
    if (mount.required) throw new EngineError('invalid-parameter', `secret ${id}: not found`);
    return use([], []);
  }
  if (value.length > MAX_SECRET_BYTES)
    throw new EngineError('invalid-parameter', `secret ${id} is larger than ${MAX_SECRET_BYTES} bytes`);
  const env = mount.env === '' ? [] : [`${mount.env}=${value.toString()}`];
  if (destination === '') return use([], env);
  return withFile(plan, value, mount.mode ?? SECRET_MODE, mounts => use(mounts, env));
}

/** What a secret is called where it is asked for. */
export function secretId({ id, source, target, env }: RunMount): string {
  return id || source || (target === '' ? env : posix.basename(target));
}

/** A file in a file system of its own, in memory, that no other container sees. */
function withFile<T>(
  { mount, destination }: MountPlan,
  content: Buffer,
  mode: number,
  use: Use<T>,
): Promise<T> {
  const attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  const tmpfs = openDetachedMount({ type: 'tmpfs', parameters: [['mode', '0700']], attributes });
  return withDescriptor(tmpfs, async () => {
    const path = `/proc/self/fd/${tmpfs}/file`;
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
    chownSync(path, mount.uid ?? 0, mount.gid ?? 0);
    chmodSync(path, mode);
    return withDescriptor(clonePart(tmpfs, 'file', { recursive: false, readonly: true }), fd =>
      use([{ kind: 'mount', destination, fd, writable: false }], []),
    );
  });
}
