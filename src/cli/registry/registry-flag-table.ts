import { join, resolve } from 'node:path';
import { duration, string } from '../flags/flag.ts';

const DEFAULT_ROOT = '/var/lib/slipway-registry';
const DEFAULT_ENGINE = '/var/lib/slipway';
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
  engine: {
    ...string('', 'Serve the images of an engine, too, by its data root'),
    implied: DEFAULT_ENGINE,
  },
  root: {
    ...string('', 'Root directory of the registry; that of an engine is within its data root'),
    defaultText: DEFAULT_ROOT,
  },
};

/** Absolute paths; '' for no engine. */
export function registryRoots({ root, engine }: { root: string; engine: string }): {
  root: string;
  engine: string;
} {
  const engineRoot = engine === '' ? '' : resolve(engine);
  const initial = engineRoot === '' ? DEFAULT_ROOT : join(engineRoot, 'registry');
  return { root: root === '' ? initial : resolve(root), engine: engineRoot };
}

/** A duration flag's nanoseconds as milliseconds. */
export function milliseconds(ns: number): number {
  return ns / NS_PER_MS;
}
