import { arrayOf, stringMap, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { EngineError } from '../../base/errors.ts';
import type { CacheFormat } from '../caches/assemble-cache.ts';
import { flagOf, imageOptions } from '../exporters/export-options.ts';
import type { Attributes } from './frontend-request.ts';

/** A cache, as a client names it: `type=registry,ref=…`. */
export type CacheOption = { type: string; attributes: Attributes };

export type CacheExport = (
  | { kind: 'inline' }
  | { kind: 'registry'; reference: string }
  /** A directory of the client's, by the name of the store that it has for it. */
  | { kind: 'local'; store: string }
) & { format: CacheFormat; ignoresErrors: boolean };

export type CacheImport =
  | { kind: 'registry'; reference: string }
  | { kind: 'local'; store: string; digest: string };

/** @throws EngineError invalid-parameter, in BuildKit's words for types that there are not */
export function cacheExportOf({ type, attributes }: CacheOption): CacheExport {
  const common = { format: formatOf(attributes), ignoresErrors: flagOf(attributes, 'ignore-error', false) };
  switch (type) {
    case 'inline':
      return { kind: 'inline', ...common };
    case 'registry':
      return {
        kind: 'registry',
        reference: required(attributes, 'ref', 'registry cache exporter'),
        ...common,
      };
    case 'local':
      return {
        kind: 'local',
        store: `local:${required(attributes, 'dest', 'local cache exporter')}`,
        ...common,
      };
    default:
      throw new EngineError('invalid-parameter', `unknown cache exporter: ${JSON.stringify(type)}`);
  }
}

/** @throws EngineError invalid-parameter, in BuildKit's words for types that there are not */
export function cacheImportOf({ type, attributes }: CacheOption): CacheImport {
  switch (type) {
    case 'registry':
      return { kind: 'registry', reference: required(attributes, 'ref', 'registry cache importer') };
    case 'local': {
      const store = `local:${required(attributes, 'src', 'local cache importer')}`;
      return { kind: 'local', store, digest: required(attributes, 'digest', 'local cache importer') };
    }
    default:
      throw new EngineError('invalid-parameter', `unknown cache importer: ${type}`);
  }
}

/** How an import is called in a build's progress. */
export function cacheName({ type, attributes }: CacheOption): string {
  return attributes['ref'] ?? attributes['src'] ?? type;
}

function required(attributes: Attributes, name: string, who: string): string {
  const value = attributes[name];
  if (value) return value;
  throw new EngineError('invalid-parameter', `${who} requires ${name}`);
}

function formatOf(attributes: Attributes): CacheFormat {
  const { mode = 'min' } = attributes;
  if (mode !== 'min' && mode !== 'max')
    throw new EngineError(
      'invalid-parameter',
      `invalid mode ${JSON.stringify(mode)} of a cache export: min or max`,
    );
  const { compression, level, force, ociTypes } = imageOptions(attributes, {
    type: 'cache',
    epoch: undefined,
  });
  return {
    mode,
    isManifest: flagOf(attributes, 'image-manifest', true),
    compression,
    level,
    force,
    ociTypes,
  };
}

const entry = struct<{ Type?: string; Attrs?: Record<string, string> }>('CacheOptionsEntry', {
  Type: text(),
  Attrs: stringMap,
});
const entries = arrayOf(entry, '[]CacheOptionsEntry');

/** What a client tells its front end of caches, in the options of a build. @throws EngineError invalid-parameter */
export function frontendImports(attributes: Attributes): CacheOption[] {
  const { 'cache-imports': json, 'cache-from': references = '' } = attributes;
  if (json === undefined)
    return references
      .split(',')
      .filter(Boolean)
      .map(ref => ({ type: 'registry', attributes: { ref } }));
  return entries(parseGoJson(json), 'cache-imports').map(({ Type = '', Attrs = {} }) => ({
    type: Type,
    attributes: Attrs,
  }));
}
