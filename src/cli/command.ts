import type { CommandContext } from './context.ts';
import type { FlagTable, FlagValues } from './flags/flag.ts';

/** A command: its line, its flags, its work. One file each. */
export type Command<T extends FlagTable = FlagTable> = {
  /** What follows the command's name: `[OPTIONS] CONTAINER [CONTAINER...]`. */
  usage: string;
  summary: string;
  /** A longer text for help, in place of the summary. */
  description?: string;
  /** All names of a command that has several, without the program's own. */
  aliases?: readonly string[];
  flags: T;
  arguments: { min: number; max?: number };
  /** False: what follows the first argument belongs to the container. True when missing. */
  interspersed?: boolean;
  run(context: CommandContext, call: CommandCall<T>): Promise<void>;
};

export type CommandCall<T extends FlagTable> = {
  values: FlagValues<T>;
  /** Names of the flags that were written. */
  changed: ReadonlySet<string>;
  args: string[];
};

export function defineCommand<T extends FlagTable>(command: Command<T>): Command<T> {
  return command;
}
