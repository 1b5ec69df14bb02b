import { messageOf } from '../../base/errors.ts';
import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { indentJson } from './indent-json.ts';
import { compileTemplate } from './render-template.ts';

/**
 * Prints the objects that `find` gets the JSON text of: indented in one list, or each through the template.
 * What cannot be found is told after the others, and ends the command with 1.
 */
export async function printInspected(
  context: CommandContext,
  names: readonly string[],
  options: { format: string; find: (name: string) => Promise<string> },
): Promise<void> {
  const render = rendererOf(options.format);
  const found: string[] = [];
  const problems: string[] = [];
  for (const name of names) {
    try {
      found.push(render(await options.find(name)));
    } catch (error) {
      problems.push(describeError(error));
    }
  }
  context.stdout.write(
    options.format === '' ? listOf(found) : found.map(text => `${text}\n`).join('') || '\n',
  );
  if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
}

function listOf(found: string[]): string {
  return found.length === 0 ? '[]\n' : `[\n    ${found.join(',\n    ')}\n]\n`;
}

function rendererOf(format: string): (text: string) => string {
  if (format === '') return text => indentJson(text.trim(), 1);
  if (format === 'json') return text => text.trim();
  const template = compile(format);
  return text => {
    try {
      return template.render(JSON.parse(text, exactNumbers));
    } catch (error) {
      throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
    }
  };
}

function compile(format: string) {
  try {
    return compileTemplate(format);
  } catch (error) {
    throw new ExitError(64, `template parsing error: ${messageOf(error)}`);
  }
}

/** Integers beyond 2^53 (memory limits) keep all their digits. */
function exactNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(source ?? '')) return value;
  return BigInt(source ?? '0');
}
