import { messageOf } from '../base/errors.ts';
import { ExitError, FlagError, UsageError } from './cli-error.ts';
import type { Command } from './command.ts';
import { COMMANDS, type CommandEntry, findEntry, isGroup } from './command-tree.ts';
import { connectClient } from './connect-client.ts';
import type { CliHost, CommandContext } from './context.ts';
import { describeError } from './describe-error.ts';
import { parseFlags } from './flags/parse-flags.ts';
import { GLOBAL_FLAGS, LOG_LEVELS } from './global-flags.ts';
import { commandHelp, groupHelp, programHelp } from './help.ts';
import { PROGRAM } from './program.ts';

const FLAG_ERROR_EXIT = 125;
const DEFAULT_COLUMNS = 80;

/** Runs the command line `args` (without the program's name). Returns the exit code; never throws. */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  try {
    await runProgram(args, host);
    return 0;
  } catch (error) {
    if (error instanceof ExitError) {
      if (error.message !== '') host.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    host.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}

async function runProgram(args: readonly string[], host: CliHost): Promise<void> {
  const { values, args: words, helpAsked } = parseGlobals(args);
  const columns = host.stdout.columns ?? DEFAULT_COLUMNS;
  if (values.version) return printVersion(host);
  if (!LOG_LEVELS.includes(values['log-level']))
    throw new ExitError(1, `Unable to parse logging level: ${values['log-level']}`);
  const [first, ...rest] = words;
  if (helpAsked || first === undefined || (first === 'help' && rest.length === 0))
    return void host.stdout.write(programHelp(COMMANDS, GLOBAL_FLAGS, columns));
  const path = first === 'help' ? [...rest, '--help'] : words;
  const entry = findEntry(COMMANDS, path[0] ?? '');
  if (entry === undefined) throw await noCommand(first, path[0] ?? '');
  await runEntry({ path: `${PROGRAM} ${path[0]}`, entry, words: path.slice(1), host, globals: values });
}

function parseGlobals(args: readonly string[]) {
  try {
    return parseFlags(GLOBAL_FLAGS, args, { interspersed: false });
  } catch (error) {
    throw new ExitError(
      FLAG_ERROR_EXIT,
      usageText(messageOf(error), PROGRAM, '[OPTIONS] COMMAND [ARG...]', 'Run'),
    );
  }
}

async function printVersion(host: CliHost): Promise<void> {
  const { VERSION } = await import('./version.ts');
  host.stdout.write(`Slipway version ${VERSION}\n`);
}

async function noCommand(first: string, name: string): Promise<ExitError> {
  if (first === 'help') return new ExitError(1, `unknown help topic: ${name}`);
  const { unknownCommand } = await import('./unknown-command.ts');
  const hint = `Run '${PROGRAM} --help' for more information`;
  return new ExitError(1, `${unknownCommand(PROGRAM, name, COMMANDS)}\n\n${hint}`);
}

type Globals = ReturnType<typeof parseGlobals>['values'];
type EntryCall = { path: string; entry: CommandEntry; words: string[]; host: CliHost; globals: Globals };

async function runEntry(call: EntryCall): Promise<void> {
  const { path, entry, words, host } = call;
  const [name, ...rest] = words;
  if (!isGroup(entry)) {
    const longer = findEntry(entry.longer ?? {}, name ?? '');
    if (longer !== undefined && (rest.length > 1 || rest[0] === '--help'))
      return runEntry({ ...call, path: `${path} ${name}`, entry: longer, words: rest });
    return runCommand(call, await entry.load());
  }
  if (name === undefined || name === '--help' || name === '-h')
    return void host.stdout.write(groupHelp(path, entry.summary, entry.commands));
  if (name.startsWith('-'))
    throw new ExitError(FLAG_ERROR_EXIT, usageText(`unknown flag: ${name}`, path, 'COMMAND', 'Run'));
  const inner = findEntry(entry.commands, name);
  if (inner === undefined) {
    const { unknownCommand } = await import('./unknown-command.ts');
    throw new ExitError(1, usageText(unknownCommand(path, name, entry.commands), path, '', 'Run'));
  }
  await runEntry({ ...call, path: `${path} ${name}`, entry: inner, words: rest });
}

async function runCommand(call: EntryCall, command: Command): Promise<void> {
  const { path, host, globals } = call;
  const parsed = parseOrExplain(path, command, call.words);
  for (const notice of parsed.notices) host.stderr.write(`${notice}\n`);
  if (parsed.helpAsked)
    return void host.stdout.write(commandHelp(path, command, host.stdout.columns ?? DEFAULT_COLUMNS));
  checkArguments(path, command, parsed.args.length);
  const connection = connectClient(host, globals);
  try {
    await command.run(contextOf(call, connection.client), parsed);
  } catch (error) {
    if (globals.debug && !(error instanceof ExitError)) host.stderr.write(`${(error as Error).stack}\n`);
    throw error;
  } finally {
    connection.close();
  }
}

/** Inherits from `host`: a copy would open streams that the command may not need. */
function contextOf({ path, host, globals }: EntryCall, client: CommandContext['client']): CommandContext {
  const own = { commandPath: path, hosts: globals.host, client };
  return Object.assign(Object.create(host) as CliHost, own);
}

function parseOrExplain(path: string, command: Command, words: string[]) {
  try {
    return parseFlags(command.flags, words, { interspersed: command.interspersed ?? true });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitError(FLAG_ERROR_EXIT, usageText(error.message, path, command.usage, 'Run'));
  }
}

function checkArguments(path: string, command: Command, count: number): void {
  const problem = argumentProblem(command.arguments, count);
  if (problem === undefined) return;
  const message = `${PROGRAM}: '${path}' ${problem.message}`;
  throw new ExitError(1, usageText(message, path, command.usage, problem.verb));
}

function argumentProblem({ min, max }: { min: number; max?: number }, count: number): UsageError | undefined {
  if (count >= min && (max === undefined || count <= max)) return undefined;
  const words = (n: number) => `${n} argument${n === 1 ? '' : 's'}`;
  if (max === 0) return new UsageError('accepts no arguments', 'Run');
  if (max === undefined) return new UsageError(`requires at least ${words(min)}`, 'See');
  if (min === max) return new UsageError(`requires ${words(min)}`, 'Run');
  if (min === 0) return new UsageError(`requires at most ${words(max)}`, 'Run');
  return new UsageError(`requires at least ${min} and at most ${words(max)}`, 'Run');
}

function usageText(message: string, path: string, usage: string, verb: 'See' | 'Run'): string {
  const line = `Usage:  ${path} ${usage}`.trimEnd();
  return `${message}\n\n${line}\n\n${verb} '${path} --help' for more information`;
}
