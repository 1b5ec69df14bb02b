import { own } from '../base/own.ts';
import type { CommandTree } from './command-tree.ts';
import { DEFAULT_SOCKET } from './daemon-flags.ts';
import { DOCKER_COMMANDS } from './docker-commands.ts';
import { PROGRAM } from './program.ts';

/** Parts of Docker's that use its API alone. */
const PLUGINS: readonly string[] = ['compose'];

/**
 * What is said of `name`, which is none of the commands in `tree`, those of `path`: `slipway`, `slipway network`.
 * Docker's commands are said to be missing; of others there are suggestions.
 */
export function unknownCommand(path: string, name: string, tree: CommandTree): string {
  const words = [...path.split(' ').slice(1), name];
  if (isDockers(words)) return missingCommand(words);
  const similar = Object.keys(tree).filter(known => isSimilar(known, name.toLowerCase()));
  const problem = `${PROGRAM}: unknown command: ${path} ${name}`;
  if (similar.length === 0) return problem;
  return [`${problem}\n\nDid you mean this?`, ...similar.map(one => `  ${path} ${one}`)].join('\n');
}

function isDockers([first = '', ...rest]: readonly string[]): boolean {
  const [group, name] = rest.length === 0 ? ['', first] : [first, rest[0]];
  const commands = own(DOCKER_COMMANDS, group)?.split(' ') ?? [];
  return commands.includes(name ?? '') || (group === '' && own(DOCKER_COMMANDS, name ?? '') !== undefined);
}

function missingCommand(words: readonly string[]): string {
  const command = words.join(' ');
  const problem = `${PROGRAM}: Docker has 'docker ${command}', Slipway has no such command yet`;
  if (!PLUGINS.includes(words[0] ?? '')) return problem;
  return `${problem}\n\nDocker's own works with Slipway:\n  DOCKER_HOST=unix://${DEFAULT_SOCKET} docker ${command}`;
}

/** A short name has one slip of the fingers, a longer one two. */
function isSimilar(known: string, name: string): boolean {
  return known.startsWith(name) || distance(known, name) <= (name.length > 4 ? 2 : 1);
}

/** How many letters were left out, added, mistaken, or put in the wrong order (optimal string alignment). */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= other.length; j++) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      const swapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + cost,
          swapped ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
