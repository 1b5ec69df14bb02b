import type { Plan } from '../libcontainer/plan.ts';
import type { Flags, FlagTable } from './flags.ts';

/** What the global flags say. */
export type RuntimeContext = {
  /** What the program was called as. */
  name: string;
  /** Where the state of containers is. */
  root: string;
  /** Whether that root was asked for. */
  rootGiven: boolean;
  /** The shim's executable. */
  shimPath: string;
  systemdCgroup: boolean;
  /** Whether cgroups are left alone altogether. */
  withoutCgroups: boolean;
  /** Whether privileges are lacking: cgroups that may not be made are left out. */
  rootless: boolean;
  /** With --debug: what is about to be done goes to the log. */
  tracePlan?: (plan: Plan) => void;
  warn: (message: string) => void;
};

export type Command = {
  /** What follows the flags in the usage line. */
  usage: string;
  /** One line. */
  summary: string;
  flags: FlagTable;
  /** How many arguments it takes; `commandLine`: those from the first on may look like flags and are the container's. */
  args: { min: number; max?: number; commandLine?: boolean };
  /** Settles with the exit code; errors become a message and code 1 (or that of an ExitError). */
  run(context: RuntimeContext, flags: Flags): Promise<number>;
};
