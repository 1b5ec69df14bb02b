import { closeSync, existsSync, readlinkSync, rmSync } from 'node:fs';
import { sendDescriptors } from '../../kernel/pass-descriptor.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { Spec } from '../../oci/runtime-spec.ts';
import { adoptOrphans, awaitProcess } from '../await-process.ts';
import { type ContainerCgroups, cgroupsFor } from '../cgroups-for.ts';
import type { Command, RuntimeContext } from '../command.ts';
import { claimDirectory, type ContainerRecord, writeRecord } from '../container-record.ts';
import { RestoredCgroups } from '../criu/container-cgroups.ts';
import { makeNodes, prepareRoot } from '../criu/mount-points.ts';
import {
  boundMounts,
  CRIU_FLAGS,
  commonOptions,
  CriuDirectories,
  type hierarchyMounts,
  inheritedStreams,
  innerNamespaces,
  logFileOf,
} from '../criu/options.ts';
import { runCriu } from '../criu/run-criu.ts';
import { type Flags, flagSet, flagText } from '../flags.ts';
import { runHooks } from '../hooks.ts';
import { bundleOf, compileBundle, recordOf, writePidFile } from '../make-container.ts';
import { DETACH_FLAG, MAKE_FLAGS } from '../make-flags.ts';
import type { Bundle } from '../read-bundle.ts';
import { removeContainer } from '../remove-container.ts';
import { openConsoleSocket } from '../streams.ts';
import { startScope } from '../../execdriver/native/systemd/scope.ts';

const LOG_FILE = 'restore.log';

export const restore: Command = {
  usage: '<container-id>',
  summary: 'restore a container from a previous checkpoint',
  flags: {
    ...MAKE_FLAGS,
    ...DETACH_FLAG,
    ...CRIU_FLAGS,
    'no-subreaper': { type: 'boolean', usage: 'without effect' },
    'lsm-profile': { type: 'string', usage: 'an LSM profile to be used during restore, as TYPE:NAME' },
    'lsm-mount-context': { type: 'string', usage: 'an LSM mount context to be used during restore' },
  },
  args: { min: 1 },
  async run(context, flags) {
    const bundle = bundleOf(flags);
    const terminal = bundle.spec.process?.terminal ?? false;
    const detach = flagSet(flags, 'detach');
    const socket = openConsoleSocket(flags, terminal, detach);
    if (!detach) adoptOrphans();
    const shown = terminal && !detach ? await openTerminal() : undefined;
    const record = await makeRestored(context, { flags, bundle, console: socket ?? shown?.console });
    if (detach) return 0;
    shown?.connect();
    const code = await awaitProcess(record.pid);
    await shown?.close();
    await removeContainer(context, record);
    return code;
  },
};

async function openTerminal() {
  const { ForegroundTerminal } = await import('../foreground-terminal.ts');
  return new ForegroundTerminal();
}

type Restoration = {
  flags: Flags;
  bundle: Bundle;
  /** Where the container's terminal is sent to. */
  console?: number;
};

/** @throws EngineError; nothing is left behind then */
async function makeRestored(context: RuntimeContext, options: Restoration): Promise<ContainerRecord> {
  const { flags, bundle } = options;
  const { spec } = bundle;
  const id = flags.args[0] ?? '';
  const directory = claimDirectory(context.root, id);
  try {
    const cgroups = await cgroupsFor(context, id, spec);
    const compiled = compileBundle(context, { id, flags, bundle, waits: false, spec, preserve: 0, cgroups });
    const cgroup = new Cgroup(compiled.cgroupPaths);
    cgroup.refuseUsed();
    const { withoutDevices, layout } = cgroups;
    const unified = layout.mode === 'v2';
    const scope =
      cgroups.scope &&
      (await startScope(cgroups.scope, { id, spec, shimPath: context.shimPath, unified, withoutDevices }));
    try {
      const record = await revive({ ...options, id, directory, cgroups }, pid => ({
        ...recordOf(id, bundle, compiled, pid),
        spec: withTimeNamespace(spec, pid),
        scope: cgroups.scope,
      }));
      await scope?.settle(cgroup);
      writeRecord(context.root, record);
      writePidFile(flagText(flags, 'pid-file'), record.pid);
      return record;
    } catch (error) {
      await cgroup.kill();
      cgroup.remove();
      await scope?.stop();
      throw error;
    }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/**
 * criu may give it one that it did not have, so that its clocks go on where they were. Whatever is executed in the
 * container has to be in it, too.
 */
function withTimeNamespace(spec: Spec, pid: number): Spec {
  const namespaces = spec.linux?.namespaces ?? [];
  const [own, given] = ['self', pid].map(process => timeNamespaceOf(process));
  if (own === given || namespaces.some(({ type }) => type === 'time')) return spec;
  return { ...spec, linux: { ...spec.linux, namespaces: [...namespaces, { type: 'time' }] } };
}

/** Undefined on a kernel without them. */
function timeNamespaceOf(process: string | number): string | undefined {
  const path = `/proc/${process}/ns/time`;
  return existsSync(path) ? readlinkSync(path) : undefined;
}

/** criu makes namespaces and mounts itself, as the images have them. */
async function revive(
  options: Restoration & { id: string; directory: string; cgroups: ContainerCgroups },
  record: (pid: number) => ContainerRecord,
): Promise<ContainerRecord> {
  const { flags, bundle, cgroups, directory } = options;
  const { spec, rootfs } = bundle;
  const places = new RestoredCgroups(cgroups, spec);
  const directories = new CriuDirectories(flags);
  const outer = innerNamespaces(spec);
  prepareRoot(rootfs, spec.mounts ?? []);
  const nodes = makeNodes(directory);
  try {
    let revived: ContainerRecord | undefined;
    const common = commonOptions(flags, spec);
    await runCriu({
      request: 'restore',
      logFile: logFileOf(common, directories.work, LOG_FILE),
      options: {
        root: rootfs,
        logFile: LOG_FILE,
        evasiveDevices: true,
        ...common,
        ...directories.options(),
        ...outer.options,
        inherited: [...inheritedStreams(directories.images), ...(outer.options.inherited ?? [])],
        external: externalMounts(spec, nodes.null, places.mounts(spec)),
        lsmProfile: flagText(flags, 'lsm-profile'),
        lsmMountContext: flagText(flags, 'lsm-mount-context'),
      },
      descriptors: outer.descriptors,
      begun: pid => places.enter(pid),
      notified(event, pid, descriptor) {
        if (event === 'setup-namespaces') runFirstHooks(options, pid);
        // Its processes have been made, and do not run yet: none can have ended.
        if (event === 'post-restore') {
          places.limit();
          revived = record(pid);
        }
        if (event === 'orphan-pts-master' && descriptor !== undefined) sendTerminal(options, descriptor);
      },
    });
    return revived!;
  } finally {
    nodes.close();
    directories.close();
    for (const descriptor of outer.descriptors) closeSync(descriptor);
  }
}

/** Those that look after the namespaces of a container before there is anything in them, the network above all. */
function runFirstHooks({ id, bundle }: { id: string; bundle: Bundle }, pid: number): void {
  const { ociVersion, annotations, hooks = {} } = bundle.spec;
  const state = { ociVersion, id, pid, status: 'creating', bundle: bundle.path, annotations };
  for (const moment of ['prestart', 'createRuntime'] as const)
    runHooks(moment, hooks[moment], state, error => {
      throw error;
    });
}

function sendTerminal({ console }: Restoration, master: number): void {
  if (console !== undefined) sendDescriptors(console, [master], '/dev/ptmx');
}

function externalMounts(
  { linux, ...spec }: Spec,
  nullDevice: string,
  hierarchies: ReturnType<typeof hierarchyMounts>,
): string[] {
  const owned = hierarchies.map(({ place, source }) => [place, source] as const);
  const given = boundMounts(spec).map(({ destination, source = '' }) => [destination, source] as const);
  const masked = (linux?.maskedPaths ?? []).map(path => [path, nullDevice] as const);
  return [...owned, ...given, ...masked].map(([place, source]) => `mnt[${place}]:${source}`);
}
