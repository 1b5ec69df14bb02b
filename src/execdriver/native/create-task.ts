import { closeSync, rmSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { CompiledContainer } from '../../libcontainer/compile-container.ts';
import { FieldWriter } from '../../libcontainer/field-writer.ts';
import type { Plan } from '../../libcontainer/plan.ts';
import { IO_FLAGS, MESSAGES, writePlan } from '../../libcontainer/wire.ts';
import type { Task, CreateOptions } from '../driver.ts';
import { abandonShim } from './abandon-shim.ts';
import { writeContainerState } from './container-state.ts';
import { describeFailure } from './describe-failure.ts';
import { ioFlags, NativeTask } from './native-task.ts';
import type { ShimConnection } from './shim-connection.ts';
import type { FreshShim, ShimPool } from './shim-pool.ts';
import type { Scope } from './systemd/scope.ts';

export type Creation = {
  pool: ShimPool;
  options: CreateOptions;
  compiled: CompiledContainer;
  /** The plan with the names of what is given by descriptors, for messages. */
  named: () => Plan;
  /** Told of the connection that is the container's from now on. */
  track: (connection: ShimConnection) => void;
  /** systemd has made its cgroup. */
  scope?: Scope;
  /** Called when the process executes. */
  started: () => void;
};

/**
 * Has a shim execute the plan.
 * @throws as ExecDriver.create; neither shim nor files are left then
 */
export async function createTask(creation: Creation): Promise<Task> {
  const { pool, options, compiled, track } = creation;
  const { plan, cgroupPaths } = compiled;
  // First of all: what cannot be encoded needs no shim.
  const message = encodeCreate(options, compiled);
  let shim: FreshShim | undefined;
  let root: number | undefined;
  try {
    makeDirectories(options.stateDir, 0o700);
    const asksForFiles = options.filesLimit !== undefined;
    const state = { spec: options.spec, cgroupPaths, asksForFiles, scope: creation.scope };
    writeContainerState(options.stateDir, state);
    root = options.rootfs.type === 'mount' ? await options.rootfs.open() : undefined;
    shim = await pool.take(descriptorsOf(options, root));
    shim.connection.socket.ref();
    track(shim.connection);
    const request = shim.request(MESSAGES.create, writer => writer.append(message));
    const reply = await untilAborted(options.signal, request);
    if (options.start) creation.started();
    return new NativeTask({
      connection: shim.connection,
      stateDir: options.stateDir,
      state,
      record: { id: options.id, number: reply.int(), pid: reply.int() },
      plan,
      isStarted: options.start,
      started: creation.started,
    });
  } catch (error) {
    const atOnce = options.signal?.aborted ?? false;
    if (shim !== undefined) await abandonShim(shim, { cgroupPaths, atOnce });
    rmSync(options.stateDir, { recursive: true, force: true });
    throw describeFailure(error, creation.named());
  } finally {
    if (root !== undefined) closeSync(root);
  }
}

function descriptorsOf(options: CreateOptions, root?: number): number[] {
  const { networkNamespace, mounts = new Map(), namespaces = new Map(), keepDescriptors = [] } = options;
  const all = [networkNamespace, root, ...mounts.values(), ...namespaces.values(), ...keepDescriptors];
  return all.filter(descriptor => descriptor !== undefined);
}

/** @throws EngineError invalid-parameter */
function encodeCreate(options: CreateOptions, { plan, cgroupPaths }: CompiledContainer): Buffer {
  const { id, io, stateDir, log, start } = options;
  const writer = new FieldWriter();
  writer.int(ioFlags(io) | (start ? IO_FLAGS.start : 0));
  writer.string(id);
  writer.string(stateDir);
  writer.string(log?.path ?? '');
  writer.int(log?.maxBytes ?? 0);
  writer.int(log?.maxFiles ?? 1);
  writer.string(log?.attributes ?? '');
  const { memory } = cgroupPaths.v1;
  writer.string(memory ? `${memory}/memory.oom_control` : `${cgroupPaths.unified ?? ''}/memory.events`);
  writePlan(writer, plan);
  return writer.bytes;
}
