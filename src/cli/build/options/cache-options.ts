import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { own } from '../../../base/own.ts';
import { OCI_LAYOUT } from '../../../oci/image-spec.ts';
import { hasFields, optionFields } from './option-fields.ts';
import type { Exporter } from './outputs.ts';

export type CacheOptions = {
  imports: Exporter[];
  exports: Exporter[];
  /** Directories with content, by the names that the daemon asks for. */
  stores: Map<string, string>;
};

/** @throws Error for a local cache that cannot be read */
export function cacheOptions(from: readonly string[], to: readonly string[]): CacheOptions {
  const stores = new Map<string, string>();
  const imports = from.map(parseCache).flatMap(each => importOf(each, stores) ?? []);
  const exports = to.map(parseCache);
  for (const { type, attributes } of exports) {
    if (type !== 'local') continue;
    if (!attributes.dest) throw new Error('dest is required for local cache exporter');
    mkdirSync(attributes.dest, { recursive: true });
    stores.set(`local:${attributes.dest}`, resolve(attributes.dest));
  }
  return { imports, exports, stores };
}

/** `type=…,KEY=VALUE`, or the name of an image. */
function parseCache(text: string): Exporter {
  if (!hasFields(text)) return { type: 'registry', attributes: { ref: text } };
  const { type = '', ...attributes } = Object.fromEntries(optionFields(text));
  if (type === '') throw new Error(`type required form> ${JSON.stringify(text)}`);
  return { type, attributes };
}

/** A local cache that is not there yet is none. */
function importOf({ type, attributes }: Exporter, stores: Map<string, string>): Exporter | undefined {
  if (type !== 'local') return { type, attributes };
  const { src = '', tag = 'latest', digest = layoutDigest(src, tag) } = attributes;
  if (src === '') throw new Error('src is required for local cache importer');
  if (digest === undefined) return undefined;
  stores.set(`local:${src}`, resolve(src));
  return { type, attributes: { ...attributes, digest } };
}

type Index = {
  manifests?: { digest: string; size?: number; mediaType?: string; annotations?: Record<string, string> }[];
};
const REF_NAME = 'org.opencontainers.image.ref.name';

/** What a tag means in a layout; the only image that there is has any. */
export function layoutDigest(directory: string, tag: string): string | undefined {
  const { manifests = [] } = readIndex(directory);
  const found = manifests.findLast(
    ({ annotations }) => own(annotations, REF_NAME)?.split(':').at(-1) === tag,
  );
  return (found ?? (manifests.length === 1 ? manifests[0] : undefined))?.digest;
}

function readIndex(directory: string): Index {
  const path = join(directory, 'index.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Index) : {};
}

/** Names what a build has written into its local caches. `manifest` is a descriptor. */
export function nameExportedCaches(
  exports: readonly Exporter[],
  manifest: NonNullable<Index['manifests']>[number],
): void {
  for (const { type, attributes } of exports) {
    if (type !== 'local' || !attributes.dest) continue;
    const { dest, tag = 'latest' } = attributes;
    const others = (readIndex(dest).manifests ?? []).filter(
      ({ annotations }) => own(annotations, REF_NAME) !== tag,
    );
    const manifests = [...others, { ...manifest, annotations: { [REF_NAME]: tag } }];
    const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
    writeFileSync(join(dest, 'index.json'), JSON.stringify(index));
    writeFileSync(join(dest, 'oci-layout'), OCI_LAYOUT);
  }
}
