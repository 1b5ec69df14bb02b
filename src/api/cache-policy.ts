import { EngineError } from '../base/errors.ts';
import { parseGoDuration } from '../base/go/duration.ts';
import { parseBinarySize } from '../base/parse-binary-size.ts';
import type { BuildPruneOptions } from './classic-build.ts';

/** Fields of what the cache has that a rule may be about. */
const FIELDS = ['id', 'type', 'description', 'inuse', 'shared', 'private', 'mutable', 'immutable'];

/**
 * A rule of what may stay in the build cache: `all,unused-for=48h,type=exec.cachemount,max-used-space=10GB`. The names
 * are those of `docker builder prune`, and of rules in dockerd's `builder.gc.policy`.
 * @throws EngineError invalid-parameter
 */
export function parseCachePolicy(text: string): BuildPruneOptions {
  const pairs = text.split(',').map(part => part.trim().split('=', 2));
  for (const [name = ''] of pairs)
    if (!NAMES.includes(name))
      throw invalid(`unknown field in a rule of the build cache: ${JSON.stringify(name)}`);
  const last = (...names: string[]) => pairs.findLast(([name = '']) => names.includes(name))?.[1] ?? '';
  const size = (...names: string[]) => parseBinarySize(last(...names) || '0');
  const all = pairs.findLast(([name]) => name === 'all');
  return {
    all: all !== undefined && (all[1] ?? 'true') === 'true',
    space: {
      reservedBytes: size('reserved-space', 'keep-storage'),
      maxUsedBytes: size('max-used-space'),
      minFreeBytes: size('min-free-space'),
    },
    unusedForMs: durationMs(last('unused-for', 'until') || '0'),
    filters: pairs.flatMap(([name = '', value]) => {
      if (!FIELDS.includes(name)) return [];
      return value === undefined ? [name] : [`${name}${name === 'id' ? '~=' : '=='}${value}`];
    }),
  };
}

const SPACES = ['reserved-space', 'keep-storage', 'max-used-space', 'min-free-space'];
const NAMES = ['all', 'unused-for', 'until', ...SPACES, ...FIELDS];

function durationMs(text: string): number {
  const ns = parseGoDuration(text);
  if (ns === undefined) throw invalid(`time: invalid duration ${JSON.stringify(text)}`);
  return Number(ns / 1_000_000n);
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);
