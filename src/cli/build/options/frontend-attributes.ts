import { own } from '../../../base/own.ts';
import { EXPLAIN } from '../../../buildkit/messages.ts';
import type { CliHost } from '../../context.ts';
import { parseUlimit } from '../../values/ulimit.ts';
import type { BuildFlagValues } from '../build-flags.ts';
import { optionFields } from './option-fields.ts';

type Attributes = Record<string, string>;

/** What the front end is told of the flags, as `docker buildx build` does. @throws Error in Docker's words */
export function frontendAttributes(values: BuildFlagValues, env: CliHost['env']): Attributes {
  const attributes: Attributes = {};
  const set = (name: string, value: string): void => {
    if (value !== '') attributes[name] = value;
  };
  set('target', values.target);
  set('cgroup-parent', values['cgroup-parent']);
  set('platform', values.platform.join(','));
  set('no-cache', values['no-cache-filter'].join(','));
  if (values.explain) attributes[EXPLAIN] = '';
  if (values['no-cache']) attributes['no-cache'] = '';
  if (values.pull) attributes['image-resolve-mode'] = 'pull';
  set('force-network-mode', networkOf(values.network));
  set('add-hosts', values['add-host'].map(host => host.replace(':', '=')).join(','));
  set('shm-size', numberOf(values['shm-size']));
  set('memory', numberOf(values.memory));
  set('ulimit', values.ulimit.map(ulimitOf).join(','));
  for (const [name, value] of pairs(values['build-arg'], env)) attributes[`build-arg:${name}`] = value;
  for (const [name, value] of pairs(values.label, undefined)) attributes[`label:${name}`] = value;
  Object.assign(attributes, attestations(values, env));
  return attributes;
}

function networkOf(network: string): string {
  if (['', 'default', 'host', 'none'].includes(network)) return network === 'default' ? '' : network;
  throw new Error(`network mode "${network}" not supported by buildkit`);
}

function numberOf(value: BuildFlagValues['memory']): string {
  return Number(value) === 0 ? '' : String(value);
}

function ulimitOf(text: string): string {
  const { Name, Soft, Hard } = parseUlimit(text);
  return `${Name}=${String(Soft)}:${String(Hard)}`;
}

/** A name without a value takes the caller's own, and is left out where there is none; without `env` it is empty. */
function pairs(entries: readonly string[], env: CliHost['env'] | undefined): [string, string][] {
  return entries.flatMap((entry): [string, string][] => {
    const equals = entry.indexOf('=');
    if (equals >= 0) return [[entry.slice(0, equals), entry.slice(equals + 1)]];
    const value = env === undefined ? '' : own(env, entry);
    return value === undefined ? [] : [[entry, value]];
  });
}

const OFF = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
const ON = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Provenance is asked for unless it is refused, for images that have room for it. */
function attestations({ attest, provenance, sbom }: BuildFlagValues, env: CliHost['env']): Attributes {
  const found: Attributes = {};
  const isQuiet = ON.has(env.BUILDX_NO_DEFAULT_ATTESTATIONS ?? '');
  if (!isQuiet) found['attest:provenance'] = 'mode=min,inline-only=true';
  for (const text of [...attest, ...shorthand('provenance', provenance), ...shorthand('sbom', sbom)]) {
    const { type = '', disabled = 'false', ...rest } = Object.fromEntries(optionFields(text));
    if (type === '') throw new Error('attestation type not specified');
    delete found[`attest:${type}`];
    if (!ON.has(disabled)) found[`attest:${type}`] = withoutType(text, rest);
  }
  return found;
}

/** A switch, or what is said of the attestation. */
function shorthand(type: string, value: string): string[] {
  if (value === '') return [];
  if (OFF.has(value)) return [`type=${type},disabled=true`];
  return [ON.has(value) ? `type=${type}` : `type=${type},${value}`];
}

function withoutType(text: string, rest: Readonly<Record<string, string>>): string {
  return text.includes('"')
    ? Object.entries(rest)
        .map(([name, value]) => `"${name}=${value.replaceAll('"', '""')}"`)
        .join(',')
    : text
        .split(',')
        .filter(field => !/^(?:type|disabled)=/i.test(field))
        .join(',');
}
