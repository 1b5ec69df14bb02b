import { Readable } from 'node:stream';
import type { LogsOptions } from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { logPath } from '../../model/daemon-options.ts';
import { invalid } from '../../model/errors.ts';
import { logDetails } from './log-attributes.ts';
import { readLogs } from './read-logs.ts';

/**
 * `docker logs`.
 * @throws EngineError invalid-parameter, not-implemented for a container without a readable log
 */
export async function containerLogs(
  { options: daemonOptions, closing }: Daemon,
  container: Container,
  options: LogsOptions,
): Promise<{ stream: Readable; multiplexed: boolean }> {
  const { config, hostConfig } = container.record;
  if (!options.stdout && !options.stderr) {
    throw invalid('Bad parameters: you must choose at least one stream');
  }
  if (hostConfig.LogConfig.Type === 'none') {
    throw new EngineError('not-implemented', 'configured logging driver does not support reading');
  }
  const multiplexed = !config.Tty;
  const path = logPath(daemonOptions, container.id);
  const pieces = readLogs({
    ...options,
    multiplexed,
    ...(options.details ? { attributes: await logDetails(container.record, path) } : {}),
    signal: AbortSignal.any([options.signal, closing]),
    path,
    isOver: () => !container.isRunning,
    onOver: callback => container.watch(callback),
  });
  return { stream: Readable.from(pieces, { objectMode: false }), multiplexed };
}
