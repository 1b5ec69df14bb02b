import { readFileSync, statSync } from 'node:fs';
import { own } from '../../../base/own.ts';
import type { CliHost } from '../../context.ts';
import { optionFields } from './option-fields.ts';

/** BuildKit's limit. */
const MAX_SECRET_BYTES = 500 * 1024;

/** `id=ID[,src=PATH][,env=NAME][,type=file|env]`: secrets, read when a build asks. @throws Error for a file that is not there */
export function secretSource(
  texts: readonly string[],
  env: CliHost['env'],
): (id: string) => Buffer | undefined {
  const secrets = new Map(texts.map(text => parseSecret(text, env)));
  return id => secrets.get(id)?.();
}

type Secret = () => Buffer | undefined;

function parseSecret(text: string, env: CliHost['env']): [id: string, read: Secret] {
  const { id = '', type = '', ...rest } = Object.fromEntries(optionFields(text));
  const { src = rest.source ?? '', env: variable = type === 'env' ? src : '' } = rest;
  if (!['', 'file', 'env'].includes(type)) throw new Error(`unsupported secret type ${JSON.stringify(type)}`);
  if (id === '') throw new Error(`invalid secret ${JSON.stringify(text)}: id is required`);
  const name = variable || (src === '' && type !== 'file' && own(env, id) !== undefined ? id : '');
  if (type === 'env' || name !== '') return [id, () => fromVariable(own(env, name || id))];
  const path = src || id;
  const { size } = statSync(path);
  if (size > MAX_SECRET_BYTES) throw new Error(`secret ${id} too big. max size 500KB`);
  return [id, () => readFileSync(path)];
}

function fromVariable(value: string | undefined): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value);
}
