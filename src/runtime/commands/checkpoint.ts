import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { readRecord, statusOf } from '../container-record.ts';
import {
  boundMounts,
  CRIU_FLAGS,
  commonOptions,
  criuPaths,
  maskedFiles,
  networkLock,
  outerNetwork,
  runCriu,
  STREAMS_FILE,
  streamsOf,
} from '../criu.ts';
import { flagNumber, flagSet, flagText } from '../flags.ts';
import { removeContainer } from '../remove-container.ts';

const LOG_FILE = 'dump.log';

export const checkpoint: Command = {
  usage: '<container-id>',
  summary: 'checkpoint a running container',
  flags: {
    ...CRIU_FLAGS,
    'parent-path': { type: 'string', usage: 'path for previous criu image files in pre-dump' },
    'leave-running': { type: 'boolean', usage: 'leave the process running after checkpointing' },
    'pre-dump': {
      type: 'boolean',
      usage: "dump container's memory information only, leave the container running after this",
    },
    'tcp-skip-in-flight': { type: 'boolean', usage: 'skip in-flight tcp connections' },
    'status-fd': { type: 'number', usage: 'criu writes \\0 to this FD once lazy-pages is ready' },
    'page-server': { type: 'string', usage: 'ADDRESS:PORT of the page server' },
  },
  args: { min: 1 },
  async run(context, flags) {
    const { root } = context;
    const record = readRecord(root, flags.args[0] ?? '');
    const status = statusOf(root, record);
    if (status === 'created' || status === 'stopped')
      throw new EngineError('conflict', `Container cannot be checkpointed in ${status} state`);
    const paths = criuPaths(flags);
    for (const path of Object.values(paths)) mkdirSync(path, { recursive: true, mode: 0o755 });
    const parent = flagText(flags, 'parent-path');
    const [address, port] = flagText(flags, 'page-server')?.split(':') ?? [];
    const statusFd = flagNumber(flags, 'status-fd');
    const { spec, pid } = record;
    const stays = flagSet(flags, 'pre-dump') || flagSet(flags, 'leave-running');
    const streams = streamsOf(pid);
    runCriu(
      [
        flagSet(flags, 'pre-dump') ? 'pre-dump' : 'dump',
        '--tree',
        String(pid),
        '--root',
        record.rootfs,
        '--log-file',
        LOG_FILE,
        ...commonOptions(flags, spec, paths),
        ...[...boundMounts(spec).map(({ destination }) => destination), ...maskedFiles(spec, pid)].flatMap(
          path => ['--external', `mnt[${path}]:${path}`],
        ),
        ...outerNetwork(spec, pid),
        ...networkLock(),
        ...(flagSet(flags, 'leave-running') ? ['--leave-running'] : []),
        ...(flagSet(flags, 'pre-dump') ? ['--track-mem'] : []),
        ...(flagSet(flags, 'tcp-skip-in-flight') ? ['--skip-in-flight'] : []),
        ...(parent ? ['--prev-images-dir', parent] : []),
        ...(statusFd ? ['--status-fd', String(statusFd)] : []),
        ...(address && port ? ['--page-server', '--address', address, '--port', port] : []),
      ],
      join(paths.work, LOG_FILE),
      statusFd ? [statusFd] : [],
    );
    writeFileSync(join(paths.images, STREAMS_FILE), JSON.stringify(streams));
    if (!stays) removeContainer(context, record);
    return 0;
  },
};
