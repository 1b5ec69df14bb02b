import type { Flags, FlagTable } from './flags.ts';

/** What the global flags say. */
export type RuntimeContext = {
  /** Where the state of containers is. */
  root: string;
  /** The shim's executable. */
  shimPath: string;
  systemdCgroup: boolean;
  /** Whether privileges are lacking: cgroups that may not be made are left out. */
  rootless: boolean;
  debug: boolean;
};

export type Command = {
  /** What follows the flags in the usage line. */
  usage: string;
  /** One line. */
  summary: string;
  flags: FlagTable;
  /** How many arguments it takes. */
  args: { min: number; max?: number };
  /** Settles with the exit code; errors become a message and code 1 (or that of an ExitError). */
  run(context: RuntimeContext, flags: Flags): Promise<number>;
};
