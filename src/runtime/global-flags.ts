import type { FlagTable } from './flags.ts';

export const GLOBAL_FLAGS: FlagTable = {
  debug: { type: 'boolean', usage: 'enable debug logging' },
  log: { type: 'string', usage: "set the log file to write runtime logs to (default is '/dev/stderr')" },
  'log-format': { type: 'string', usage: "set the log format ('text' (default), or 'json')" },
  root: {
    type: 'string',
    usage: 'root directory for storage of container state (default: "/run/slipway-runtime")',
  },
  'systemd-cgroup': {
    type: 'boolean',
    usage: 'enable systemd cgroup support, expects cgroupsPath to be of form "slice:prefix:name"',
  },
  'cgroup-manager': { type: 'string', usage: "crun's name for it: cgroupfs (default), systemd or disabled" },
  rootless: { type: 'string', usage: "ignore cgroup permission errors ('true', 'false', or 'auto')" },
  help: { type: 'boolean', short: 'h', usage: 'show help' },
  version: { type: 'boolean', short: 'v', usage: 'print the version' },
};
