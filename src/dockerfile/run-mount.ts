import { parseBinarySize } from '../base/parse-binary-size.ts';
import { invalid } from './dockerfile-error.ts';
import type { RunMount } from './instruction.ts';
import { suggestion } from './suggest.ts';

const TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const SHARING = ['shared', 'private', 'locked'] as const;
const KEYS =
  'type from source target readonly id sharing required size mode uid gid src dst destination ro rw readwrite env'.split(
    ' ',
  );

type Draft = Partial<RunMount> & { type: RunMount['type'] };

/**
 * One `--mount` of a RUN: `type=cache,target=/root/.cache`. `expand` replaces variables in values.
 * @throws EngineError invalid-parameter, in BuildKit's words
 */
export function parseRunMount(text: string, expand: (value: string) => string): RunMount {
  const draft: Draft = { type: 'bind' };
  for (const field of splitFields(text)) readField(draft, field, expand);
  return complete(draft);
}

function readField(draft: Draft, field: string, expand: (value: string) => string): void {
  const equals = field.indexOf('=');
  const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
  if (equals < 0) return readSwitch(draft, key, field);
  const value = expand(field.slice(equals + 1));
  switch (key) {
    case 'type':
      draft.type = oneOf(TYPES, value, 'unsupported mount type');
      return;
    case 'from':
    case 'id':
    case 'env':
      draft[key] = value;
      return;
    case 'source':
    case 'src':
      draft.source = value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value;
      return;
    case 'readonly':
    case 'ro':
      draft.readonly = booleanValue(key, value);
      return;
    case 'readwrite':
    case 'rw':
      draft.readonly = !booleanValue(key, value);
      return;
    case 'required':
      allowRequired(draft, key);
      draft.required = booleanValue(key, value);
      return;
    case 'size':
      if (draft.type !== 'tmpfs') throw unexpected(key, draft);
      draft.sizeBytes = sizeValue(key, value);
      return;
    case 'sharing':
      draft.sharing = oneOf(SHARING, value, 'unsupported sharing value');
      return;
    case 'mode':
      draft.mode = numberValue(key, value, 8);
      return;
    case 'uid':
    case 'gid':
      draft[key] = numberValue(key, value, 10);
      return;
    default:
      throw invalid(`unexpected key '${key}' in '${field}'${suggestion(key, KEYS)}`);
  }
}

function readSwitch(draft: Draft, key: string, field: string): void {
  if (key === 'readonly' || key === 'ro') draft.readonly = true;
  else if (key === 'readwrite' || key === 'rw') draft.readonly = false;
  else if (key === 'required') {
    allowRequired(draft, key);
    draft.required = true;
  } else throw invalid(`invalid field '${field}' must be a key=value pair`);
}

function allowRequired(draft: Draft, key: string): void {
  if (draft.type !== 'secret' && draft.type !== 'ssh') throw unexpected(key, draft);
}

function complete(draft: Draft): RunMount {
  const { type } = draft;
  const hasOwner = type === 'secret' || type === 'ssh' || type === 'cache';
  for (const key of ['mode', 'uid', 'gid'] as const)
    if (draft[key] !== undefined && !hasOwner) throw invalid(`${key} not allowed for "${type}" type mounts`);
  if (type === 'secret') checkSecret(draft);
  if (draft.sharing !== undefined && type !== 'cache')
    throw invalid(`invalid cache sharing set for ${type} mount`);
  if (type === 'bind' && !draft.target) throw invalid('bind mount requires a target');
  if ((type === 'cache' || type === 'tmpfs') && !draft.target)
    throw invalid(`${type} mount requires a target`);
  return {
    from: '',
    source: '',
    target: '',
    required: false,
    id: '',
    sharing: 'shared',
    sizeBytes: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
    env: '',
    ...draft,
    readonly: draft.readonly ?? (type !== 'cache' && type !== 'tmpfs'),
  };
}

function checkSecret({ from, sharing, source, target, id, env }: Draft): void {
  if (from) throw invalid('secret mount should not have a from');
  if (sharing) throw invalid('secret mount should not define sharing');
  if (!source && !target && !id && !env)
    throw invalid('invalid secret mount. one of source, target required');
  if (source && id) throw invalid("both source and id can't be set");
}

/** Commas between fields; a field may be quoted as in CSV. */
function splitFields(text: string): string[] {
  const fields: string[] = [];
  let [field, isQuoted] = ['', false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') {
      if (isQuoted && text[at + 1] === '"') field += text[++at];
      else isQuoted = !isQuoted;
    } else if (character === ',' && !isQuoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  if (isQuoted) throw invalid('failed to parse csv mounts: extraneous or missing " in quoted-field');
  return [...fields, field];
}

function oneOf<T extends string>(options: readonly T[], value: string, message: string): T {
  const found = options.find(option => option === value.toLowerCase());
  if (found === undefined) throw invalid(`${message} ${JSON.stringify(value)}${suggestion(value, options)}`);
  return found;
}

function booleanValue(key: string, value: string): boolean {
  if (/^(?:1|t|true)$/i.test(value)) return true;
  if (/^(?:0|f|false)$/i.test(value)) return false;
  throw invalid(`invalid value for ${key}: ${value}`);
}

function numberValue(key: string, value: string, base: 8 | 10): number {
  const digits = base === 8 ? /^[0-7]{1,11}$/ : /^\d{1,10}$/;
  const number = digits.test(value) ? Number.parseInt(value, base) : Number.NaN;
  if (!(number < 2 ** 32)) throw invalid(`invalid value ${value} for ${key}`);
  return number;
}

function sizeValue(key: string, value: string): number {
  try {
    return parseBinarySize(value);
  } catch {
    throw invalid(`invalid value for ${key}: ${value}`);
  }
}

function unexpected(key: string, { type }: Draft): Error {
  return invalid(`unexpected key '${key}' for mount type '${type}'`);
}
