import type { Command } from './command.ts';
import { commandGroups, type CommandEntry, type CommandTree } from './command-tree.ts';
import type { FlagTable } from './flags/flag.ts';
import { flagUsages } from './flags/flag-usages.ts';
import { PROGRAM } from './program.ts';

const MIN_NAME_WIDTH = 11;

export function commandHelp(path: string, command: Command, columns: number): string {
  const sections = [`Usage:  ${path} ${command.usage}`.trimEnd(), command.description ?? command.summary];
  if (command.aliases !== undefined)
    sections.push(`Aliases:\n  ${command.aliases.map(alias => `${PROGRAM} ${alias}`).join(', ')}`);
  const flags = flagUsages(command.flags, columns - 1);
  if (flags !== '') sections.push(`Options:\n${flags.trimEnd()}`);
  return `${sections.join('\n\n')}\n`;
}

export function groupHelp(path: string, summary: string, tree: CommandTree): string {
  const end = `Run '${path} COMMAND --help' for more information on a command.`;
  return `Usage:  ${path} COMMAND\n\n${summary}\n\nCommands:\n${commandLines(tree)}\n\n${end}\n`;
}

export function programHelp(tree: CommandTree, globals: FlagTable, columns: number): string {
  const sections = commandGroups(tree).map(({ title, commands }) => `${title}:\n${commandLines(commands)}`);
  return [
    `Usage:  ${PROGRAM} [OPTIONS] COMMAND`,
    'A container engine with no daemon in the data path',
    ...sections,
    `Global Options:\n${flagUsages(globals, columns - 1).trimEnd()}`,
    `Run '${PROGRAM} COMMAND --help' for more information on a command.\n`,
  ].join('\n\n');
}

function commandLines(tree: CommandTree): string {
  const entries = Object.entries(tree).filter(([, entry]) => !isHidden(entry));
  const width = Math.max(MIN_NAME_WIDTH, ...entries.map(([name]) => name.length));
  return entries.map(([name, entry]) => `  ${name.padEnd(width)} ${entry.summary}`).join('\n');
}

function isHidden(entry: CommandEntry): boolean {
  return entry.hidden === true;
}
