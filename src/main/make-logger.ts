import { type Logger, pino } from 'pino';
import type { DaemonFlags } from '../cli/daemon-flags.ts';

type LogFlags = Pick<DaemonFlags, 'debug' | 'logLevel' | 'logFormat' | 'rawLogs'>;

/** The daemon's log, on standard error: text where a terminal shows it, a JSON object a line elsewhere. */
export async function makeLogger(flags: LogFlags, isTerminal: boolean): Promise<Logger> {
  const options = { level: logLevel(flags) };
  const isText = flags.logFormat === '' ? isTerminal || flags.rawLogs : flags.logFormat === 'text';
  if (!isText) return pino(options, pino.destination({ fd: 2, sync: true }));
  // Only then: it is half as large as all the rest that logs.
  const { default: pretty } = await import('pino-pretty');
  return pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      colorize: isTerminal && !flags.rawLogs,
      translateTime: 'SYS:standard',
      ignore: 'pid,hostname',
      singleLine: true,
    }),
  );
}

export function logLevel({ debug, logLevel: level }: LogFlags): string {
  return debug ? 'debug' : level;
}
