import { readFileSync } from 'node:fs';
import { errorCode, messageOf } from '../../base/errors.ts';
import { decodeJson } from '../../base/exact-json.ts';
import { describeError } from '../describe-error.ts';
import { lookupTable } from '../../base/lookup-table.ts';
import type { Flag } from '../flags/flag.ts';
import {
  addressPool,
  boolean,
  list,
  map,
  number,
  numberText,
  object,
  size,
  text,
  texts,
  ulimits,
  type ValueCheck,
} from './config-values.ts';
import { flatBuilder } from './builder-directive.ts';
import { DAEMON_FLAG_TABLE, type DaemonFlagValues } from './daemon-flag-table.ts';
import { inertWarning, isInert } from './inert-directives.ts';

type FlagName = keyof DaemonFlagValues;
type Directive = { flag: FlagName; check: ValueCheck };

/** How dockerd's daemon.json calls what has another name there than the flag. */
const KEYS = lookupTable<string>({
  'api-name': 'api-names',
  'build-cache-policy': 'build-cache-policies',
  'default-address-pool': 'default-address-pools',
  'default-network-opt': 'default-network-opts',
  'default-ulimit': 'default-ulimits',
  'dns-opt': 'dns-opts',
  'exec-opt': 'exec-opts',
  host: 'hosts',
  'insecure-registry': 'insecure-registries',
  label: 'labels',
  'log-opt': 'log-opts',
  'registry-mirror': 'registry-mirrors',
  'storage-opt': 'storage-opts',
});

/** By the kind of the flag. */
const CHECKS = lookupTable<ValueCheck>({
  '': boolean,
  string: text,
  int: number,
  bytes: size,
  list: texts,
  map: map(text),
  mapmap: map(map(text)),
  ulimit: ulimits,
  'pool-options': list(addressPool),
});

/** These are of the command line only. */
const NO_DIRECTIVES: readonly string[] = ['config-file', 'validate'] satisfies FlagName[];

/** The keys that are honoured, and the flags they stand for: all flags. */
const DIRECTIVES = lookupTable<Directive>(
  Object.fromEntries(
    Object.entries<{ kind: string; initial: unknown }>(DAEMON_FLAG_TABLE).flatMap(
      ([flag, { kind, initial }]) => {
        const isNumberText = kind === 'int' && typeof initial === 'string';
        const check = isNumberText ? numberText : CHECKS[kind];
        if (NO_DIRECTIVES.includes(flag) || check === undefined) return [];
        return [[KEYS[flag] ?? flag, { flag: flag as FlagName, check }]];
      },
    ),
  ),
);

/**
 * Adds the configuration file to what the flags say. A key that is unknown, of the wrong type, or given as a
 * flag too is an error; a missing file is one only when it was `asked` for. Of keys that dockerd has, but that have no
 * effect here, there are warnings.
 * @throws Error with dockerd's wording
 */
export function readConfigFile(path: string, flags: Flags): { values: DaemonFlagValues; warnings: string[] } {
  try {
    const content = readJson(path, flags.changed.has('config-file'));
    checkUnknown(content);
    checkConflicts(content, flags);
    const values: Record<string, unknown> = { ...flags.values };
    for (const [key, value] of Object.entries(content)) {
      const directive = DIRECTIVES[key];
      if (directive !== undefined) values[directive.flag] = valueOf(directive, value, key);
    }
    const warnings = Object.entries(content).flatMap(([key, value]) => inertWarning(key, value) ?? []);
    return { values: values as DaemonFlagValues, warnings };
  } catch (error) {
    const reason = describeError(error);
    throw new Error(`unable to configure the Slipway daemon with file ${path}: ${reason}`, { cause: error });
  }
}

/** As the flag would have it: what its own check refuses is refused here, too. */
function valueOf({ flag, check }: Directive, value: unknown, key: string): unknown {
  const checked = check(value, key);
  const { set } = DAEMON_FLAG_TABLE[flag] as Flag<unknown>;
  try {
    if (check === texts)
      return (checked as string[]).reduce<unknown>((before, item) => set(item, before), []);
    return typeof checked === 'string' ? set(checked, undefined) : checked;
  } catch (error) {
    throw new Error(`${key}: ${messageOf(error)}`, { cause: error });
  }
}

/** What is null counts as left out. */
function readJson(path: string, asked: boolean): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && !asked) return {};
    throw error;
  }
  if (content.trim() === '') return {};
  let value: unknown;
  try {
    value = decodeJson(content);
  } catch (error) {
    throw new Error(`invalid JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the configuration must be one JSON object');
  return withoutNulls(flatBuilder(flatProxies(value as Record<string, unknown>)));
}

function withoutNulls(content: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(content).filter(([, item]) => item !== null));
}

const PROXIES = ['http-proxy', 'https-proxy', 'no-proxy'];

/** The keys of `proxies` are those of flags. */
function flatProxies({ proxies, ...content }: Record<string, unknown>): Record<string, unknown> {
  if (proxies === undefined || proxies === null) return content;
  const named = object(proxies, 'proxies');
  const unknown = Object.keys(named).filter(key => !PROXIES.includes(key));
  if (unknown.length > 0) throw new Error(`proxies has no key ${unknown.join(', ')}`);
  return { ...content, ...withoutNulls(named) };
}

function checkUnknown(content: Record<string, unknown>): void {
  const unknown = Object.keys(content).filter(key => DIRECTIVES[key] === undefined && !isInert(key));
  if (unknown.length > 0)
    throw new Error(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
}

type Flags = { values: DaemonFlagValues; changed: ReadonlySet<string> };

function checkConflicts(content: Record<string, unknown>, { values, changed }: Flags): void {
  const conflicts = Object.entries(content).flatMap(([key, value]) => {
    const flag = DIRECTIVES[key]?.flag;
    if (flag === undefined || !changed.has(flag)) return [];
    return [`${key}: (from flag: ${show(values[flag])}, from file: ${show(value)})`];
  });
  if (conflicts.length > 0)
    throw new Error(
      `the following directives are specified both as a flag and in the configuration file: ${conflicts.join(', ')}`,
    );
}

/** As Go prints values: `[a b]`, `map[a:b]`. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `map[${Object.entries(value)
    .map(([key, item]) => `${key}:${show(item)}`)
    .join(' ')}]`;
}
