import type { FlagTable } from './flags.ts';

/** Where a process's terminal, descriptors and pid go: of `create`, `run` and `exec`. */
export const PROCESS_FLAGS: FlagTable = {
  'console-socket': {
    type: 'string',
    usage:
      "path to an AF_UNIX socket which will receive a file descriptor referencing the master end of the console's pseudoterminal",
  },
  'pidfd-socket': {
    type: 'string',
    usage: 'path to an AF_UNIX socket which will receive a file descriptor referencing the process',
  },
  'pid-file': { type: 'string', usage: 'specify the file to write the process id to' },
  'preserve-fds': {
    type: 'number',
    usage: 'Pass N additional file descriptors to the container (stdio + $LISTEN_FDS + N in total)',
  },
};

/** The flags that `create` and `run` share. */
export const MAKE_FLAGS: FlagTable = {
  bundle: {
    type: 'string',
    short: 'b',
    usage: 'path to the root of the bundle directory, defaults to the current directory',
  },
  config: {
    type: 'string',
    short: 'f',
    usage: 'the configuration file (default: "config.json" in the bundle)',
  },
  ...PROCESS_FLAGS,
  'no-pivot': {
    type: 'boolean',
    usage:
      'do not use pivot root to jail process inside rootfs. This should be used whenever the rootfs is on top of a ramdisk',
  },
  'no-new-keyring': {
    type: 'boolean',
    usage: 'do not create a new session keyring for the container',
  },
};

export const DETACH_FLAG: FlagTable = {
  detach: { type: 'boolean', short: 'd', usage: "detach from the container's process" },
};
