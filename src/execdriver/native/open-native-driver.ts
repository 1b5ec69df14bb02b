import { closeSync } from 'node:fs';
import type { FieldReader } from '../../libcontainer/field-reader.ts';
import { type CgroupLayout, detectCgroupLayout } from '../../libcontainer/cgroups/layout.ts';
import {
  type CompiledContainer,
  compileContainer,
  type RootSource,
} from '../../libcontainer/compile-container.ts';
import { describeOperation } from '../../libcontainer/describe-operation.ts';
import { MESSAGES } from '../../libcontainer/wire.ts';
import type { Container, CreateOptions, ExecDriver } from '../driver.ts';
import { connectShim } from './connect-shim.ts';
import { checkProtocol, readContainerState, readExitFile } from './container-state.ts';
import { createContainer } from './create-container.ts';
import { NamespaceMaker } from './namespace-maker.ts';
import { exitStatusOf, isExited, lostStatus, NativeContainer } from './native-container.ts';
import { Reserve } from './reserve.ts';
import { type ProcessRecord, readProcessRecord, type ShimConnection } from './shim-connection.ts';
import { ShimPool } from './shim-pool.ts';

export type NativeDriverOptions = {
  /** The shim's executable. */
  shimPath: string;
  cgroupLayout?: CgroupLayout;
};

type Track = (connection: ShimConnection) => void;

/** The first descriptor that a shim is given, and the network namespace where there is one. */
const FIRST_DESCRIPTOR = 4;
const NETWORK_NAMESPACE = `fd:${FIRST_DESCRIPTOR}`;

/** The driver that runs containers with libcontainer and the shim. */
export function openNativeDriver(options: NativeDriverOptions): ExecDriver {
  const cgroupLayout = options.cgroupLayout ?? detectCgroupLayout();
  const connections = new Set<ShimConnection>();
  const pool = new ShimPool(options.shimPath);
  const maker = new NamespaceMaker(options.shimPath);
  /** For containers that want one of their own and nobody else's: the kernel takes up to milliseconds over one. */
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
        return await createContainer({
          pool,
          options,
          compiled: compile(options, cgroupLayout),
          track,
          started,
        });
      } finally {
        if (own !== undefined) closeSync(own);
      }
    },
    recover: async (id, stateDir) => recoverContainer(id, stateDir, track),
    close: () => {
      pool.close();
      namespaces.close();
      maker.close();
      for (const connection of connections) connection.close();
    },
    explain: create => {
      const { plan } = compile(create, cgroupLayout);
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
  const { process } = options.spec;
  return compileContainer({
    id: options.id,
    spec: { ...options.spec, process: process && { ...process, terminal: options.io.terminal } },
    rootfs: rootSource(options),
    cgroupLayout,
    networkNamespace: options.networkNamespace === undefined ? undefined : NETWORK_NAMESPACE,
    rows: options.io.rows,
    columns: options.io.columns,
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

function rootSource({ rootfs, networkNamespace }: CreateOptions): RootSource {
  if (rootfs.type !== 'mount') return rootfs;
  return { type: 'mount', source: `fd:${FIRST_DESCRIPTOR + (networkNamespace === undefined ? 0 : 1)}` };
}

async function recoverContainer(id: string, stateDir: string, track: Track): Promise<Container> {
  const state = readContainerState(stateDir);
  const connection = await connectShim(stateDir).catch(() => undefined);
  if (connection) {
    track(connection);
    checkProtocol(id, state);
  }
  const records = connection ? await processesOf(connection).catch(() => []) : [];
  const init = records.find(({ number }) => number === 0) ?? { id, pid: 0, number: 0 };
  const container = new NativeContainer({
    connection,
    stateDir,
    state,
    record: { ...init, id },
    plan: undefined,
  });
  if (!connection) {
    container.settle(readExitFile(stateDir) ?? lostStatus());
    return container;
  }
  for (const record of records) {
    const process = record.number === 0 ? container : container.addExec(record);
    if (isExited(record)) process.settle(exitStatusOf(record));
  }
  await connection.request(MESSAGES.watch).catch(() => undefined);
  return container;
}

async function processesOf(connection: ShimConnection): Promise<ProcessRecord[]> {
  const reader: FieldReader = await connection.request(MESSAGES.status);
  const records: ProcessRecord[] = [];
  while (!reader.done) records.push(readProcessRecord(reader));
  return records;
}
