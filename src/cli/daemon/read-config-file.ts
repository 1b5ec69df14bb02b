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
import { DAEMON_FLAG_TABLE, type DaemonFlagValues } from './daemon-flag-table.ts';
import { inertWarning, isInert } from './inert-directives.ts';

type FlagName = keyof DaemonFlagValues;
type Directive = { flag: FlagName; check: ValueCheck };

/** The keys of dockerd's daemon.json that are honoured, and the flags they stand for. */
const DIRECTIVES = lookupTable<Directive>({
  'api-names': { flag: 'api-name', check: texts },
  bip: { flag: 'bip', check: text },
  bip6: { flag: 'bip6', check: text },
  bridge: { flag: 'bridge', check: text },
  'cfs-quota-burst-percent': { flag: 'cfs-quota-burst-percent', check: numberText },
  'cfs-quota-burst-period': { flag: 'cfs-quota-burst-period', check: numberText },
  'cpu-burst-percent': { flag: 'cpu-burst-percent', check: numberText },
  'cpu-burst-policy': { flag: 'cpu-burst-policy', check: text },
  'cgroup-parent': { flag: 'cgroup-parent', check: text },
  'data-root': { flag: 'data-root', check: text },
  debug: { flag: 'debug', check: boolean },
  'default-address-pools': { flag: 'default-address-pool', check: list(addressPool) },
  'default-cgroupns-mode': { flag: 'default-cgroupns-mode', check: text },
  'default-gateway': { flag: 'default-gateway', check: text },
  'default-gateway-v6': { flag: 'default-gateway-v6', check: text },
  'default-ipc-mode': { flag: 'default-ipc-mode', check: text },
  'default-network-opts': { flag: 'default-network-opt', check: map(map(text)) },
  'default-shm-size': { flag: 'default-shm-size', check: size },
  'default-ulimits': { flag: 'default-ulimit', check: ulimits },
  'discard-blobs': { flag: 'discard-blobs', check: boolean },
  dns: { flag: 'dns', check: texts },
  'dns-opts': { flag: 'dns-opt', check: texts },
  'dns-search': { flag: 'dns-search', check: texts },
  'exec-root': { flag: 'exec-root', check: text },
  'fixed-cidr': { flag: 'fixed-cidr', check: text },
  'fixed-cidr-v6': { flag: 'fixed-cidr-v6', check: text },
  group: { flag: 'group', check: text },
  'host-gateway-ip': { flag: 'host-gateway-ip', check: text },
  hosts: { flag: 'host', check: texts },
  'http-proxy': { flag: 'http-proxy', check: text },
  'https-proxy': { flag: 'https-proxy', check: text },
  icc: { flag: 'icc', check: boolean },
  'image-gc-high': { flag: 'image-gc-high', check: number },
  'image-gc-low': { flag: 'image-gc-low', check: number },
  'image-policy': { flag: 'image-policy', check: text },
  init: { flag: 'init', check: boolean },
  'insecure-registries': { flag: 'insecure-registry', check: texts },
  ip: { flag: 'ip', check: text },
  'ip-masq': { flag: 'ip-masq', check: boolean },
  ipv6: { flag: 'ipv6', check: boolean },
  labels: { flag: 'label', check: texts },
  'live-restore': { flag: 'live-restore', check: boolean },
  'log-driver': { flag: 'log-driver', check: text },
  'log-format': { flag: 'log-format', check: text },
  'log-level': { flag: 'log-level', check: text },
  'log-opts': { flag: 'log-opt', check: map(text) },
  'max-concurrent-downloads': { flag: 'max-concurrent-downloads', check: number },
  'max-concurrent-uploads': { flag: 'max-concurrent-uploads', check: number },
  'max-download-attempts': { flag: 'max-download-attempts', check: number },
  'metrics-addr': { flag: 'metrics-addr', check: text },
  mtu: { flag: 'mtu', check: number },
  'no-new-privileges': { flag: 'no-new-privileges', check: boolean },
  'no-proxy': { flag: 'no-proxy', check: text },
  pidfile: { flag: 'pidfile', check: text },
  'raw-logs': { flag: 'raw-logs', check: boolean },
  'registry-mirrors': { flag: 'registry-mirror', check: texts },
  'share-pool-threshold': { flag: 'share-pool-threshold', check: number },
  'shutdown-timeout': { flag: 'shutdown-timeout', check: number },
  'sysctl-guard': { flag: 'sysctl-guard', check: text },
  'storage-driver': { flag: 'storage-driver', check: text },
  'storage-opts': { flag: 'storage-opt', check: texts },
  tls: { flag: 'tls', check: boolean },
  tlscacert: { flag: 'tlscacert', check: text },
  tlscert: { flag: 'tlscert', check: text },
  tlskey: { flag: 'tlskey', check: text },
  tlsverify: { flag: 'tlsverify', check: boolean },
});

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
  return withoutNulls(flatProxies(value as Record<string, unknown>));
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
