import { EngineError, errorCode, messageOf } from '../base/errors.ts';
import type { Command, RuntimeContext } from './command.ts';
import { COMMANDS } from './commands.ts';
import { ExitError } from './exit-error.ts';
import { type Flags, flagSet, flagText, parseFlags } from './flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { type Log, openLog } from './log.ts';
import { print, printError } from './print.ts';

const NAME = 'slipway-runtime';

export type RuntimeProgram = {
  /** The name that the program was called by, for its messages: it may be linked as `runc`. */
  name: string;
  /** The shim's executable. */
  shimPath: string;
};

/**
 * The OCI runtime's command line: runc's commands, flags, output and exit codes.
 * @param words without the program's name
 * @returns the exit code
 */
export async function runRuntime(words: readonly string[], program: RuntimeProgram): Promise<number> {
  let log: Log = openLog({ format: 'text', debug: false });
  try {
    const flags = parseFlags(words, GLOBAL_FLAGS);
    const format = flagText(flags, 'log-format') ?? 'text';
    if (format !== 'text' && format !== 'json')
      throw new EngineError('invalid-parameter', `invalid log-format: ${format}`);
    log = logOf(flags, format);
    const [name, ...rest] = flags.args;
    if (flagSet(flags, 'version'))
      return await printText(async () => (await import('./version.ts')).versionText(program.name));
    if (name === undefined || name === 'help' || name === 'h' || flagSet(flags, 'help'))
      return await printText(async () => (await import('./help.ts')).helpText(program.name, rest[0]));
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!load) throw new EngineError('invalid-parameter', `No help topic for '${name}'`);
    const context = contextOf(flags, program, log);
    if (flagSet(flags, 'debug')) context.tracePlan = (await import('./trace-plan.ts')).tracePlanTo(log);
    return await runCommand(name, await load(), rest, context);
  } catch (error) {
    return report(error, log, words);
  }
}

function logOf(flags: Flags, format: string): Log {
  return openLog({ file: flagText(flags, 'log'), format, debug: flagSet(flags, 'debug') });
}

function contextOf(flags: Flags, program: RuntimeProgram, log: Log): RuntimeContext {
  const euid = process.geteuid?.() ?? 0;
  const rootless = flagText(flags, 'rootless') ?? 'auto';
  if (!['auto', 'true', 'false'].includes(rootless))
    throw new EngineError(
      'invalid-parameter',
      `invalid value ${JSON.stringify(rootless)} for flag -rootless: expected true, false or auto`,
    );
  const manager = flagText(flags, 'cgroup-manager') ?? 'cgroupfs';
  if (!['cgroupfs', 'systemd', 'disabled'].includes(manager))
    throw new EngineError('invalid-parameter', `unknown cgroup manager specified ${manager}`);
  const runtimeDirectory = process.env.XDG_RUNTIME_DIR;
  const defaultRoot = euid !== 0 && runtimeDirectory ? `${runtimeDirectory}/${NAME}` : `/run/${NAME}`;
  return {
    root: flagText(flags, 'root') ?? defaultRoot,
    rootGiven: flags.values.has('root'),
    ...program,
    systemdCgroup: flagSet(flags, 'systemd-cgroup') || manager === 'systemd',
    withoutCgroups: manager === 'disabled',
    rootless: rootless === 'true' || (rootless === 'auto' && euid !== 0),
    warn: message => log('warning', message),
  };
}

async function runCommand(
  name: string,
  command: Command,
  words: readonly string[],
  context: RuntimeContext,
): Promise<number> {
  const { min, max = min, commandLine = false } = command.args;
  const asks = commandLine ? words.slice(0, 1) : words;
  if (asks.some(word => word === '--help' || word === '-h') && !words.includes('--'))
    return printText(async () => (await import('./help.ts')).helpText(context.name, name));
  const flags = parseFlags(words, command.flags, { stopsAtArgument: commandLine });
  const count = flags.args.length;
  if (count < min || count > max) {
    const expected = max === min ? `exactly ${min} argument(s)` : `a minimum of ${min} argument(s)`;
    throw new EngineError(
      'invalid-parameter',
      `${context.name}: ${JSON.stringify(name)} requires ${expected}`,
    );
  }
  return command.run(context, flags);
}

async function printText(text: () => Promise<string>): Promise<number> {
  print(await text());
  return 0;
}

function report(error: unknown, log: Log, words: readonly string[]): number {
  const hint = error instanceof EngineError && error.hint ? ` (${error.hint})` : '';
  const message = `${messageOf(error)}${hint}`;
  log('error', message);
  // With a log file, standard error says it too.
  if (words.some(word => /^--?log(=|$)/.test(word))) printError(`${message}\n`);
  if (!(error instanceof EngineError || error instanceof ExitError) && errorCode(error) === undefined)
    log('debug', error instanceof Error ? (error.stack ?? '') : '');
  return error instanceof ExitError ? error.code : 1;
}
