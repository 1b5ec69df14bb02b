import { EngineError } from '../base/errors.ts';
import { COMMANDS } from './commands.ts';
import type { FlagTable } from './flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';

/** The help of the program, or of one of its commands. @throws EngineError invalid-parameter */
export async function helpText(program: string, name?: string): Promise<string> {
  if (name !== undefined) {
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!load) throw new EngineError('invalid-parameter', `No help topic for '${name}'`);
    const { usage, summary, flags } = await load();
    return `NAME:
   ${program} ${name} - ${summary}

USAGE:
   ${program} ${name} [command options] ${usage}

OPTIONS:
${flagLines(flags)}`;
  }
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([key, load]) => `   ${key.padEnd(12)}${(await load()).summary}\n`),
  );
  return `NAME:
   ${program} - Open Container Initiative runtime

USAGE:
   ${program} [global options] command [command options] [arguments...]

COMMANDS:
${commands.join('')}
GLOBAL OPTIONS:
${flagLines(GLOBAL_FLAGS)}`;
}

function flagLines(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, { type, short, usage }]) => {
    const value = type === 'boolean' ? '' : ' value';
    return [`--${name}${value}${short ? `, -${short}${value}` : ''}`, usage] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, usage]) => `   ${left.padEnd(width)}  ${usage}\n`).join('');
}
