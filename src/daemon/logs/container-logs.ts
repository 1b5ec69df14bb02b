import { Readable } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import { logPath } from '../daemon-options.ts';
import { invalid } from '../errors.ts';
import { readLogs } from './read-logs.ts';

export type ContainerLogsOptions = {
  follow: boolean;
  stdout: boolean;
  stderr: boolean;
  timestamps: boolean;
  tail?: number;
  sinceNs?: bigint;
  untilNs?: bigint;
  signal: AbortSignal;
};

/**
 * `docker logs`.
 * @throws EngineError invalid-parameter, not-implemented for a container without a readable log
 */
export function containerLogs(
  { options: daemonOptions, closing }: Daemon,
  container: Container,
  options: ContainerLogsOptions,
): { stream: Readable; multiplexed: boolean } {
  const { config, hostConfig } = container.record;
  if (!options.stdout && !options.stderr) {
    throw invalid('Bad parameters: you must choose at least one stream');
  }
  if (hostConfig.LogConfig?.Type === 'none') {
    throw new EngineError('not-implemented', 'configured logging driver does not support reading');
  }
  const multiplexed = !config.Tty;
  const pieces = readLogs({
    ...options,
    multiplexed,
    signal: AbortSignal.any([options.signal, closing]),
    path: logPath(daemonOptions, container.id),
    isOver: () => !container.isRunning,
    onOver: callback => container.watch(callback),
  });
  return { stream: Readable.from(pieces, { objectMode: false }), multiplexed };
}
