import type { Readable, Writable } from 'node:stream';
import type { EngineClient } from '../client/engine-client.ts';
import type { DaemonFlags } from './daemon-flags.ts';
import type { MaintenanceReport } from '../registry/server/maintenance.ts';
import type { RegistryFlags, RegistryGarbageOptions } from './registry-flags.ts';

type InputStream = Readable & { isTTY?: boolean };
export type OutputStream = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** The process as the CLI sees it; tests give it another. */
export type CliHost = {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  isRoot: boolean;
  /** The unix socket of the daemon that is used when none is named. */
  defaultSocket: string;
  /** Puts the terminal on standard input into raw mode; returns what restores it. */
  makeRaw(): Promise<() => void>;
  /** `on` and `off` of signals, as `process` has them. */
  signals: {
    on(signal: NodeJS.Signals, listener: () => void): unknown;
    off(signal: NodeJS.Signals, listener: () => void): unknown;
  };
  /** Starts a daemon on `defaultSocket`, in the background, unless another command just does; settles once it listens. */
  startDaemon(): Promise<{ log: string } | undefined>;
  /** Runs the daemon in this process until it is told to end. `reread` reads the configuration file again. */
  runDaemon(flags: DaemonFlags, reread: () => DaemonFlags): Promise<void>;
  /** Serves a registry in this process until it is told to end. */
  serveRegistry(flags: RegistryFlags): Promise<void>;
  /** Collects the garbage of a registry, whether it serves or not. */
  collectRegistryGarbage(options: RegistryGarbageOptions): Promise<MaintenanceReport>;
  /** Checks what only the daemon knows of its configuration. */
  checkDaemon(flags: DaemonFlags): Promise<void>;
};

/** What a command works with. */
export type CommandContext = CliHost & {
  /** As it was called: `slipway container ls`. */
  commandPath: string;
  /** `-H` as given, perhaps several times. */
  hosts: readonly string[];
  /** The one client of this call, starting a daemon where that is allowed. */
  client(): Promise<EngineClient>;
};
