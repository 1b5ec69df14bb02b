import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { adoptOrphans, awaitProcess } from '../await-process.ts';
import { compileBundle, bundleOf, recordOf, writePidFile } from '../make-container.ts';
import { cgroupsFor } from '../cgroups-for.ts';
import type { Command, RuntimeContext } from '../command.ts';
import { claimDirectory, writeRecord } from '../container-record.ts';
import { boundMounts, CRIU_FLAGS, commonOptions, criuPaths, runCriu } from '../criu.ts';
import { type Flags, flagSet, flagText } from '../flags.ts';
import { DETACH_FLAG, MAKE_FLAGS } from '../make-flags.ts';
import type { Bundle } from '../read-bundle.ts';
import { removeContainer } from '../remove-container.ts';

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
  const pidFile = join(directory, 'restored-pid');
  const profile = flagText(flags, 'lsm-profile');
  const mountContext = flagText(flags, 'lsm-mount-context');
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
      ...commonOptions(flags, paths),
      ...boundMounts(bundle.spec).flatMap(({ destination, source = '' }) => [
        '--external',
        `mnt[${destination}]:${source}`,
      ]),
      ...(profile ? ['--lsm-profile', profile] : []),
      ...(mountContext ? ['--lsm-mount-context', mountContext] : []),
    ],
    join(paths.work, LOG_FILE),
  );
  const record = recordOf(id, bundle, compiled, Number(readFileSync(pidFile, 'utf8')));
  writeRecord(context.root, record);
  return record;
}
