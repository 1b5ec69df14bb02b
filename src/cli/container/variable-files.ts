import { readFileSync } from 'node:fs';
import { splitPair } from '../flags/flag.ts';
import { own } from '../../base/own.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * `--env-file` and `--env` together: files first. A name without a value takes the caller's own, and is left
 * to the image where the caller has none.
 * @throws Error with Docker's wording
 */
export function readEnvironment(
  files: readonly string[],
  values: readonly string[],
  env: Variables,
): string[] {
  const inherit = (name: string) => {
    const value = own(env, name);
    return value === undefined ? undefined : `${name}=${value}`;
  };
  return [
    ...files.flatMap(file => readVariableFile(file, inherit)),
    ...values.map(text => (text.includes('=') ? text : (inherit(text) ?? text))),
  ];
}

/** `--label-file` and `--label` together. */
export function readLabels(files: readonly string[], values: readonly string[]): Record<string, string> {
  const lines = [...files.flatMap(file => readVariableFile(file, name => name)), ...values];
  return Object.fromEntries(lines.map(splitPair));
}

function readVariableFile(file: string, bare: (name: string) => string | undefined): string[] {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  return lines.flatMap(line => {
    const text = line.trimStart();
    if (text === '' || text.startsWith('#')) return [];
    const [name] = splitPair(text);
    if (/\s/.test(name))
      throw new Error(`invalid env file (${file}): variable '${name}' contains whitespaces`);
    if (name === '') throw new Error(`invalid env file (${file}): no variable name on line '${line}'`);
    return text.includes('=') ? [text] : (bare(name) ?? []);
  });
}
