import { bool, list, string } from './flags/flag.ts';

/** What may stand before the command. */
export const GLOBAL_FLAGS = {
  debug: bool('D', 'Enable debug mode'),
  host: list('H', 'Daemon socket to connect to'),
  'log-level': string('l', 'Set the logging level ("debug", "info", "warn", "error", "fatal")', 'info'),
  version: bool('v', 'Print version information and quit'),
};

export const LOG_LEVELS: readonly string[] = [
  'debug',
  'info',
  'warn',
  'warning',
  'error',
  'fatal',
  'panic',
  'trace',
];
