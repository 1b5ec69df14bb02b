import { bool, list, string } from './flags/flag.ts';

/** What may stand before the command. */
export const GLOBAL_FLAGS = {
  debug: bool('D', 'Enable debug mode'),
  host: list('H', 'Daemon socket to connect to'),
  'log-level': string('l', 'Set the logging level ("debug", "info", "warn", "error", "fatal")', 'info'),
  tls: bool('', 'Use TLS; implied by --tlsverify'),
  tlscacert: string('', 'Trust certs signed only by this CA (default ~/.docker/ca.pem)'),
  tlscert: string('', 'Path to TLS certificate file (default ~/.docker/cert.pem)'),
  tlskey: string('', 'Path to TLS key file (default ~/.docker/key.pem)'),
  tlsverify: bool('', 'Use TLS and verify the remote'),
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
