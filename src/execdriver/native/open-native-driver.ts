import { closeSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import { type CgroupLayout, detectCgroupLayout } from '../../cgroups/layout.ts';
import { cgroupPaths } from '../../cgroups/cgroup-paths.ts';
import { type CompiledContainer, compileContainer } from '../../libcontainer/compile-container.ts';
import type { RootSource } from '../../libcontainer/root-operations.ts';
import { describeOperation } from '../../libcontainer/describe-operation.ts';
import type { Mount, NamespaceType } from '../../oci/runtime-spec.ts';
import { MESSAGES } from '../../libcontainer/wire.ts';
import type { Task, CreateOptions, ExecDriver } from '../driver.ts';
import { type CgroupDriver, cgroupManager, withCgroup } from './cgroup-manager.ts';
import { connectShim } from './connect-shim.ts';
import { checkProtocol, readContainerState } from './container-state.ts';
import { createTask } from './create-task.ts';
import { NamespaceMaker } from './namespace-maker.ts';
import { exitStatusOf, isExited, NativeTask, PATIENCE_MS } from './native-task.ts';
import { Reserve } from './reserve.ts';
import type { ShimConnection } from './shim-connection.ts';
import { ShimPool } from './shim-pool.ts';

export type NativeDriverOptions = {
  /** The shim's executable. */
  shimPath: string;
  cgroupLayout?: CgroupLayout;
  /** With `systemd`, specs name cgroups as `slice:prefix:name`, and parents are slices. */
  cgroupDriver?: CgroupDriver;
};

type Track = (connection: ShimConnection) => void;

/** The first descriptor that a shim is given. */
const FIRST_DESCRIPTOR = 4;

/** The driver that runs containers with libcontainer and the shim. */
export function openNativeDriver(options: NativeDriverOptions): ExecDriver {
  const cgroupLayout = options.cgroupLayout ?? detectCgroupLayout();
  const manager = cgroupManager(options.cgroupDriver ?? 'cgroupfs', {
    shimPath: options.shimPath,
    layout: cgroupLayout,
  });
  const connections = new Set<ShimConnection>();
  const pool = new ShimPool(options.shimPath);
  const maker = new NamespaceMaker(options.shimPath);
  /** For containers with a network namespace of their own that no network uses: making one may take milliseconds. */
  const namespaces = new Reserve({ make: () => maker.create(), discard: closeSync });
  const track: Track = connection => {
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  };
  return {
    name: 'native',
    create: async create => {
      const own = wantsReadyNamespace(create) ? await namespaces.take() : undefined;
      try {
        const options = { ...create, networkNamespace: create.networkNamespace ?? own };
        const started = () => {
          pool.refill();
          if (own !== undefined) namespaces.refill();
        };
        return await manager.create(options, (options, scope) =>
          createTask({
            pool,
            options,
            scope,
            compiled: compile(options, cgroupLayout),
            named: () => compile({ ...options, mounts: new Map(), namespaces: new Map() }, cgroupLayout).plan,
            track,
            started,
          }),
        );
      } finally {
        if (own !== undefined) closeSync(own);
      }
    },
    recover: async (id, stateDir) => recoverTask(id, stateDir, track),
    endStrays: async cgroupsPath => {
      const path = manager.path(cgroupsPath);
      await new Cgroup(cgroupPaths(cgroupLayout, path)).destroy(PATIENCE_MS);
    },
    limitParent: async (parent, resources) => manager.limitParent(parent, resources),
    close: () => {
      pool.close();
      namespaces.close();
      maker.close();
      for (const connection of connections) connection.close();
    },
    explain: create => {
      const { plan } = compile(
        withCgroup(create, manager.path(create.spec.linux?.cgroupsPath ?? '')),
        cgroupLayout,
      );
      return [...plan.parent, ...plan.child, ...plan.cleanup].map(describeOperation);
    },
  };
}

/** One that was made elsewhere belongs to the host's user namespace, so that a container with its own makes its own. */
function wantsReadyNamespace({ spec, networkNamespace }: CreateOptions): boolean {
  const namespaces = spec.linux?.namespaces ?? [];
  return (
    networkNamespace === undefined &&
    namespaces.some(({ type, path }) => type === 'network' && !path) &&
    !namespaces.some(({ type }) => type === 'user')
  );
}

function compile(options: CreateOptions, cgroupLayout: CgroupLayout): CompiledContainer {
  const { process, mounts = [] } = options.spec;
  const given = givenDescriptors(options);
  const withSource = (mount: Mount): Mount => {
    const source = given.mounts.get(mount.destination) ?? sourceInside(mount, given.namespaces.get('mount'));
    return source === undefined ? mount : { ...mount, source };
  };
  const { linux } = options.spec;
  const namespaces = linux?.namespaces?.map(({ type, path }) => ({
    type,
    path: path && (given.namespaces.get(type) ?? path),
  }));
  return compileContainer({
    id: options.id,
    spec: {
      ...options.spec,
      process: process && { ...process, terminal: options.io.terminal },
      mounts: mounts.map(withSource),
      ...(linux ? { linux: { ...linux, namespaces } } : {}),
    },
    rootfs: rootSource(options, given.root),
    cgroupLayout,
    networkNamespace: given.networkNamespace,
    rows: options.io.rows,
    columns: options.io.columns,
    filesLimit: options.filesLimit,
    state: {
      ociVersion: options.spec.ociVersion,
      id: options.id,
      status: 'created',
      pid: '$PID',
      bundle: options.stateDir,
      annotations: options.spec.annotations,
    },
  });
}

/** What a plan calls the descriptors of {@link descriptorsOf}. */
function givenDescriptors(options: CreateOptions) {
  const { networkNamespace, rootfs, mounts = new Map(), namespaces = new Map() } = options;
  let next = FIRST_DESCRIPTOR;
  const take = () => `fd:${next++}`;
  return {
    networkNamespace: networkNamespace === undefined ? undefined : take(),
    root: rootfs.type === 'mount' ? take() : '',
    mounts: new Map(Array.from(mounts.keys(), destination => [destination, take()])),
    namespaces: new Map<NamespaceType, string>(Array.from(namespaces.keys(), type => [type, take()])),
  };
}

/** What another container sees, by its mount namespace instead of its pid. */
function sourceInside({ source = '' }: Mount, namespace: string | undefined): string | undefined {
  const [, path] = /^\/proc\/\d+\/root(\/.*)$/.exec(source) ?? [];
  return namespace && path && `inside:${namespace}:${path}`;
}

function rootSource({ rootfs }: CreateOptions, given: string): RootSource {
  return rootfs.type === 'mount' ? { type: 'mount', source: given } : rootfs;
}

async function recoverTask(id: string, stateDir: string, track: Track): Promise<Task> {
  const state = readContainerState(stateDir);
  const connection = await connectShim(stateDir).catch(ifThereIsNone);
  if (connection) {
    track(connection);
    checkProtocol(id, state);
  }
  const records = connection ? await connection.processes().catch(() => []) : [];
  const init = records.find(({ number }) => number === 0) ?? { id, pid: 0, number: 0 };
  const container = new NativeTask({
    connection,
    stateDir,
    state,
    record: { ...init, id },
    plan: undefined,
  });
  if (!connection) {
    await container.shimEnded();
    return container;
  }
  for (const record of records) {
    const process = record.number === 0 ? container : container.addExec(record);
    if (isExited(record)) process.settle(exitStatusOf(record));
  }
  await connection.request(MESSAGES.watch).catch(() => undefined);
  return container;
}

/** That a shim cannot be reached does not mean that there is none. */
function ifThereIsNone(error: unknown): undefined {
  if (error instanceof EngineError && error.kind === 'not-found') return undefined;
  throw error;
}
