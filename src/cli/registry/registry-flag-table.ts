import { duration, string } from '../flags/flag.ts';

const DEFAULT_ROOT = '/var/lib/slipway-registry';
const HOUR_NS = 3600e9;
const NS_PER_MS = 1e6;

/** Flags of every command that works on a registry's directory. */
export const REGISTRY_FLAG_TABLE = {
  config: string('', 'Configuration file: access, retention, webhooks'),
  'gc-grace': {
    ...duration('', 'How long content stays that no manifest names'),
    initial: HOUR_NS,
    defaultText: '1h',
  },
  root: string('', 'Root directory of the registry', DEFAULT_ROOT),
};

/** A duration flag's nanoseconds as milliseconds. */
export function milliseconds(ns: number): number {
  return ns / NS_PER_MS;
}
