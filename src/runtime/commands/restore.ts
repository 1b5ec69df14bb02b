import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { MS_REC, MS_SLAVE } from '../../kernel/abi/mount.ts';
import { CLONE_NEWNS } from '../../kernel/abi/sched.ts';
import { cstring, syscall } from '../../kernel/libc.ffi.ts';
import type { Spec } from '../../libcontainer/spec.ts';
import { adoptOrphans, awaitProcess } from '../await-process.ts';
import { compileBundle, bundleOf, recordOf, writePidFile } from '../make-container.ts';
import { cgroupsFor } from '../cgroups-for.ts';
import type { Command, RuntimeContext } from '../command.ts';
import { claimDirectory, writeRecord } from '../container-record.ts';
import {
  boundMounts,
  CRIU_FLAGS,
  commonOptions,
  criuPaths,
  inheritedStreams,
  innerNetwork,
  joinedNetwork,
  runCriu,
} from '../criu.ts';
import { type Flags, flagSet, flagText } from '../flags.ts';
import { DETACH_FLAG, MAKE_FLAGS } from '../make-flags.ts';
import type { Bundle } from '../read-bundle.ts';
import { removeContainer } from '../remove-container.ts';

const MS_BIND = 0x1000;
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
    const id = flags.args[0] ?? '';
    const bundle = bundleOf(flags);
    if (bundle.spec.process?.terminal)
      throw new EngineError('invalid-parameter', 'a container with a terminal cannot be restored');
    const directory = claimDirectory(context.root, id);
    const detach = flagSet(flags, 'detach');
    if (!detach) adoptOrphans();
    try {
      const record = revive(context, { id, flags, bundle, directory });
      writePidFile(flagText(flags, 'pid-file'), record.pid);
      if (detach) return 0;
      const code = await awaitProcess(record.pid);
      removeContainer(context, record);
      return code;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  },
};

type Revival = { id: string; flags: Flags; bundle: Bundle; directory: string };

/** criu makes namespaces, mounts and cgroups itself, as the images have them. */
function revive(context: RuntimeContext, { id, flags, bundle, directory }: Revival) {
  const { spec } = bundle;
  const cgroups = cgroupsFor(context, id, spec);
  const compiled = compileBundle(context, { id, flags, bundle, waits: false, spec, preserve: 0, cgroups });
  const paths = criuPaths(flags);
  mkdirSync(paths.work, { recursive: true, mode: 0o755 });
  const pidFile = join(directory, 'restored-pid');
  const network = joinedNetwork(spec);
  const descriptors = network === undefined ? [] : [openSync(network, 'r')];
  mountRoot(bundle.rootfs);
  try {
    runCriu(
      [
        'restore',
        '--restore-detached',
        '--root',
        bundle.rootfs,
        '--pidfile',
        pidFile,
        '--log-file',
        LOG_FILE,
        ...commonOptions(flags, spec, paths),
        ...inheritedStreams(paths),
        ...externalMounts(spec),
        ...descriptors.flatMap(descriptor => innerNetwork(descriptor)),
        ...securityOptions(flags),
      ],
      join(paths.work, LOG_FILE),
      descriptors,
    );
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
  const pid = Number(readFileSync(pidFile, 'utf8'));
  rmSync(pidFile);
  const record = recordOf(id, bundle, compiled, pid);
  writeRecord(context.root, record);
  return record;
}

/**
 * criu wants the root to be a mount. It is one in a mount namespace that this process, and criu, have to themselves
 * from here on, so that nothing of it is left.
 */
function mountRoot(rootfs: string): void {
  syscall('unshare', 'CLONE_NEWNS', CLONE_NEWNS);
  syscall('mount', '/', null, cstring('/'), null, MS_SLAVE | MS_REC, null);
  const path = cstring(rootfs);
  syscall('mount', rootfs, path, path, null, MS_BIND | MS_REC, null);
}

function externalMounts({ linux, ...spec }: Spec): string[] {
  const given = boundMounts(spec).map(({ destination, source = '' }) => [destination, source] as const);
  const masked = (linux?.maskedPaths ?? []).map(path => [path, '/dev/null'] as const);
  return [...given, ...masked].flatMap(([place, source]) => ['--external', `mnt[${place}]:${source}`]);
}

function securityOptions(flags: Flags): string[] {
  return ['lsm-profile', 'lsm-mount-context'].flatMap(name => {
    const value = flagText(flags, name);
    return value ? [`--${name}`, value] : [];
  });
}
