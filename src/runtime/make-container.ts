import { closeSync, constants, openSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { EngineError, messageOf } from '../base/errors.ts';
import { FIFO_DESCRIPTOR, type LaunchedProcess, launchProcess } from '../execdriver/native/launch-process.ts';
import { makeFifo } from '../kernel/make-node.ts';
import { Cgroup } from '../cgroups/cgroup.ts';
import { type CompiledContainer, compileContainer } from '../libcontainer/compile-container.ts';
import type { Spec } from '../oci/runtime-spec.ts';
import { cgroupsFor, type ContainerCgroups } from './cgroups-for.ts';
import type { RuntimeContext } from './command.ts';
import {
  claimDirectory,
  type ContainerRecord,
  fifoPath,
  startTicksOf,
  writeRecord,
} from './container-record.ts';
import { type Flags, flagSet, flagText } from './flags.ts';
import { runHooks } from './hooks.ts';
import { checkNetDevices, moveNetDevices } from './net-devices.ts';
import { hasOwnPids, withoutOwnNamespaces } from './own-namespaces.ts';
import { printError } from './print.ts';
import { type Bundle, readBundle } from './read-bundle.ts';
import { removeContainer } from './remove-container.ts';
import { sendPidfd } from './send-pidfd.ts';
import { startScope, type StartedScope, withEarlyLimits } from '../execdriver/native/systemd/scope.ts';
import { CALLERS_STREAMS, preservedDescriptors } from './streams.ts';
import { warnCapabilities } from './warn-capabilities.ts';

export type MakeOptions = {
  id: string;
  flags: Flags;
  bundle: Bundle;
  /** Waits for `start`, which comes from another call of this program, instead of `launched.start()`. */
  waits: boolean;
  console?: number;
};

export type MadeContainer = { record: ContainerRecord; launched: LaunchedProcess };

/**
 * Makes a container of a bundle, up to the moment before its program starts. The caller releases what is
 * launched.
 * @throws EngineError; nothing is left behind then
 */
export async function makeContainer(context: RuntimeContext, options: MakeOptions): Promise<MadeContainer> {
  const { id, flags, bundle } = options;
  const { descriptors, env } = preservedDescriptors(flags);
  const directory = claimDirectory(context.root, id);
  const open: number[] = [];
  let made: MadeContainer | undefined;
  let begun = false;
  let scope: StartedScope | undefined;
  try {
    const spec = withNotifySocket(withEnvironment(bundle.spec, env));
    const cgroups = await cgroupsFor(context, id, spec);
    warnUnkillable(context, spec, cgroups);
    const compile = (spec: Spec) =>
      compileBundle(context, { ...options, cgroups, spec, preserve: descriptors.length });
    let compiled = compile(spec);
    new Cgroup(compiled.cgroupPaths).refuseUsed();
    if (cgroups.scope) {
      scope = await startScope(cgroups.scope, {
        id,
        spec,
        shimPath: context.shimPath,
        unified: cgroups.layout.mode === 'v2',
        withoutDevices: cgroups.withoutDevices,
      });
      // systemd has made the parents, and given them controllers.
      compiled = compile(withEarlyLimits(spec));
    }
    context.tracePlan?.(compiled.plan);
    if (spec.process) warnCapabilities(spec.process, context.warn);
    const fifo = options.waits ? openFifo(fifoPath(context.root, id), open) : undefined;
    begun = true;
    const launched = launchProcess({
      shimPath: context.shimPath,
      id,
      plan: compiled.plan,
      streams: CALLERS_STREAMS,
      terminal: spec.process?.terminal ?? false,
      console: options.console,
      fifo,
      preserved: descriptors,
    });
    made = { record: { ...recordOf(id, bundle, compiled, launched.pid), scope: cgroups.scope }, launched };
    writeRecord(context.root, made.record);
    await scope?.settle(new Cgroup(compiled.cgroupPaths));
    moveNetDevices(spec, launched.pid);
    sendPidfd(flagText(flags, 'pidfd-socket'), launched.pid);
    writePidFile(flagText(flags, 'pid-file'), launched.pid);
    return made;
  } catch (error) {
    await undo(context, directory, made);
    if (!made) await scope?.stop();
    if (begun && !made) runPoststopHooks(id, bundle);
    throw error;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

/** A container whose creation has failed is over, too (runtime.md, "Lifecycle", steps 12 and 13). */
function runPoststopHooks(id: string, { path, spec }: Bundle): void {
  const { ociVersion, annotations, hooks } = spec;
  const state = { ociVersion, id, status: 'stopped', pid: 0, bundle: path, annotations };
  runHooks('poststop', hooks?.poststop, state, error => printError(`${messageOf(error)}\n`));
}

function warnUnkillable({ rootless, warn }: RuntimeContext, spec: Spec, { without }: ContainerCgroups): void {
  if (rootless && without && !hasOwnPids(spec))
    warn(
      'creating a rootless container with no cgroup and no private pid namespace. Such configuration is strongly discouraged, as its processes cannot be found to be killed',
    );
}

async function undo(
  context: RuntimeContext,
  directory: string,
  made: MadeContainer | undefined,
): Promise<void> {
  made?.launched.release();
  if (made) await removeContainer(context, made.record);
  rmSync(directory, { recursive: true, force: true });
}

type CompileOptions = Pick<MakeOptions, 'id' | 'flags' | 'bundle' | 'waits'> & {
  spec: Spec;
  /** How many descriptors the program gets besides its streams. */
  preserve: number;
  cgroups: ContainerCgroups;
};

/** What `slipway-runtime plan` shows, and `create` and `run` execute. @throws EngineError invalid-parameter */
export function compileBundle(context: RuntimeContext, options: CompileOptions): CompiledContainer {
  const { id, flags, bundle, waits, preserve, cgroups } = options;
  const spec = withoutOwnNamespaces(options.spec);
  checkNetDevices(spec, context.rootless);
  const { consoleSize } = spec.process ?? {};
  return compileContainer({
    id,
    spec: { ...spec, linux: { ...spec.linux, cgroupsPath: cgroups.path } },
    rootfs: { type: 'bind', path: bundle.rootfs },
    cgroupLayout: cgroups.layout,
    withoutCgroups: cgroups.without,
    withoutDeviceRules: cgroups.withoutDevices,
    rootless: context.rootless,
    startFifo: waits ? FIFO_DESCRIPTOR : undefined,
    rows: consoleSize?.height,
    columns: consoleSize?.width,
    resetAffinity: true,
    noPivot: flagSet(flags, 'no-pivot'),
    noNewKeyring: flagSet(flags, 'no-new-keyring'),
    preserve,
    hookEnvironment: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    state: {
      ociVersion: spec.ociVersion,
      id,
      pid: '$PID',
      status: 'creating',
      bundle: bundle.path,
      annotations: spec.annotations,
    },
  });
}

/** The bundle that the flags name. @throws EngineError invalid-parameter */
export function bundleOf(flags: Flags): Bundle {
  return readBundle(flagText(flags, 'bundle'), flagText(flags, 'config'));
}

function withEnvironment(spec: Spec, env: readonly string[]): Spec {
  if (!spec.process || env.length === 0) return spec;
  return { ...spec, process: { ...spec.process, env: [...(spec.process.env ?? []), ...env] } };
}

/** For reading and writing, so that neither end of it waits for the other. */
function openFifo(path: string, open: number[]): number {
  makeFifo(path, 0o622);
  const descriptor = openSync(path, constants.O_RDWR);
  open.push(descriptor);
  return descriptor;
}

export function recordOf(
  id: string,
  bundle: Bundle,
  compiled: CompiledContainer,
  pid: number,
): ContainerRecord {
  const startTicks = startTicksOf(pid);
  if (startTicks === undefined) throw new EngineError('system', 'the container ended before it was created');
  return {
    id,
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    spec: bundle.spec,
    pid,
    startTicks,
    created: new Date().toISOString().replace('Z', '000000Z'),
    owner: ownerName(),
    cgroupPaths: compiled.cgroupPaths,
    cleanup: compiled.plan.cleanup,
  };
}

/** Empty for root, as runc has it. */
function ownerName(): string {
  if (process.geteuid?.() === 0) return '';
  try {
    return userInfo().username;
  } catch (error) {
    return messageOf(error) && String(process.geteuid?.());
  }
}

/** Written under another name first, so that readers never see half a file. */
export function writePidFile(path: string | undefined, pid: number): void {
  if (path) writeFileSync(path, String(pid), { mode: 0o666 });
}

const NOTIFY_SOCKET = '/run/notify/notify.sock';

/**
 * Started by a service manager that waits for word (sd_notify(3)), the container's process has the socket, under
 * the name that runc gives it. An abstract one, with `@`, is of another network namespace.
 */
function withNotifySocket(spec: Spec, socket = process.env.NOTIFY_SOCKET): Spec {
  if (!spec.process || !socket?.startsWith('/')) return spec;
  const options = ['bind', 'nosuid', 'nodev', 'noexec'];
  return {
    ...spec,
    mounts: [...(spec.mounts ?? []), { destination: NOTIFY_SOCKET, type: 'bind', source: socket, options }],
    process: { ...spec.process, env: [...(spec.process.env ?? []), `NOTIFY_SOCKET=${NOTIFY_SOCKET}`] },
  };
}
