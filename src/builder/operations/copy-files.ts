import type { Growth } from '../../archive/growth.ts';
import type { CopyRequest, PackCopyJob } from '../../archive/rooted/pack-copy.ts';
import type { Digest } from '../../base/digest.ts';
import type { BuilderParts, Outcome } from '../builder-parts.ts';
import { emptyDirectory } from '../open-builder.ts';
import { CACHE_LEASE } from '../solver/cache-store.ts';
import type { CachedLayer } from '../solver/result-cache.ts';
import { BELOW, COPIED, inputMarks, type Operation, operationKey } from '../solver/operation-key.ts';
import { identityOf, withLayerTree, type SourceTree, withSource } from './source-tree.ts';

/** What stands for the destination where only what is copied is to be known. */
const SOURCE = 'source';

export type CopyPart = { source: SourceTree; copy: CopyRequest };

/** What takes a path of a source as it is, its owners and modes too, onto nothing. */
export function plainCopy(path: string, destination: string): CopyRequest {
  return {
    sources: [path],
    destination,
    parents: false,
    exclude: [],
    owner: undefined,
    mode: undefined,
    link: true,
    createdNs: 0n,
  };
}

export type CopyFiles = {
  /** What it is copied onto; undefined for nothing. */
  top: Digest | undefined;
  /** One after the other. */
  parts: readonly CopyPart[];
  description: string;
  noCache: boolean;
};

/**
 * COPY, ADD and WORKDIR: a layer with what is copied. It is known again by its content and attributes, without times;
 * what is copied from a layer is known by that layer, without being looked at.
 */
export async function copyFiles(parts: BuilderParts, options: CopyFiles): Promise<Outcome> {
  const { top, noCache } = options;
  const requests = options.parts.map(({ copy }) => {
    const { createdNs: _, timeNs, ...wanted } = copy;
    return { ...wanted, timeNs: timeNs === undefined ? null : String(timeNs) };
  });
  const identities = options.parts.map(({ source }) => identityOf(source));
  const isKnown = identities.every(identity => identity !== undefined);
  const quickKey = isKnown ? operationKey('copy', { top, requests, identities }) : undefined;
  const known = quickKey === undefined || noCache ? undefined : parts.cache.find(quickKey, options);
  if (known !== undefined && quickKey !== undefined)
    return { layer: known, cached: true, operation: operationOf(options, quickKey) };
  const content = await contentAndFiles(parts, options.parts);
  const key = operationKey('copy', { top, requests, content: content.digest });
  const found = noCache ? undefined : parts.cache.find(key, options);
  const layer = found ?? (await make(parts, options));
  for (const each of [key, quickKey])
    if (each !== undefined) parts.cache.add(each, layer, options.description);
  return { layer, cached: found !== undefined, operation: operationOf(options, key, content) };
}

type ContentAndFiles = { digest: Digest; files: ReadonlyMap<string, string> | undefined };

/** What is copied is not known where that was not needed. */
function operationOf({ top, parts }: CopyFiles, key: Digest, content?: ContentAndFiles): Operation {
  const of = (name: 'sources' | 'destination' | 'owner' | 'mode' | 'exclude' | 'link' | 'parents') =>
    parts.map(({ copy }) => copy[name] ?? null);
  const inputs = inputMarks({
    [BELOW]: top ?? '',
    [COPIED]: content?.digest,
    sources: of('sources'),
    destination: of('destination'),
    owner: of('owner'),
    mode: of('mode'),
    'what is left out': of('exclude'),
    options: [of('link'), of('parents')],
  });
  return { kind: 'copy', key, inputs, files: content?.files };
}

async function make(parts: BuilderParts, options: CopyFiles): Promise<CachedLayer> {
  const layer = await parts.builds.add(options.top, {
    lease: CACHE_LEASE,
    pack: output => pack(parts, options, output),
  });
  return { ...layer, createdAt: new Date().toISOString() };
}

/** Writes the layer. */
function pack(
  parts: BuilderParts,
  { top, parts: wanted }: Pick<CopyFiles, 'top' | 'parts'>,
  output: { fd: number; growth: Growth },
): Promise<Packed> {
  return withSources(parts, wanted, opened =>
    withLayerTree(parts.builds, top, destination =>
      parts.threads.run({ kind: 'pack-copy', parts: opened, destination, output }),
    ),
  );
}

/** What sources are known by, wherever they are copied to. */
export async function contentOf(parts: BuilderParts, wanted: readonly CopyPart[]): Promise<Digest> {
  return (await contentAndFiles(parts, wanted)).digest;
}

async function contentAndFiles(parts: BuilderParts, wanted: readonly CopyPart[]): Promise<ContentAndFiles> {
  const alone = wanted.map(({ source, copy }) => ({
    source,
    copy: { ...copy, destination: `/${SOURCE}/`, link: true },
  }));
  const { digest, marks } = await withSources(parts, alone, opened =>
    parts.threads.run({
      kind: 'pack-copy',
      parts: opened,
      destination: emptyDirectory(parts.root),
      output: undefined,
    }),
  );
  return { digest, files: marks === undefined ? undefined : filesOf(marks) };
}

/** Without what stands for their destination. */
function filesOf(marks: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const files = [...marks].map(([path, mark]): [string, string] => [path.slice(SOURCE.length + 1), mark]);
  return new Map(files.filter(([path]) => path !== ''));
}

type Packed = { digest: Digest; sizeBytes: number; marks: ReadonlyMap<string, string> | undefined };

function withSources<T>(
  parts: BuilderParts,
  wanted: readonly CopyPart[],
  use: (opened: PackCopyJob['parts']) => Promise<T>,
): Promise<T> {
  const next = (index: number, opened: PackCopyJob['parts']): Promise<T> => {
    const part = wanted[index];
    if (part === undefined) return use(opened);
    return withSource(parts, part.source, source =>
      next(index + 1, [...opened, { source, copy: part.copy }]),
    );
  };
  return next(0, []);
}
