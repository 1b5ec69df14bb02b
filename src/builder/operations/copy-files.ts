import type { CopyRequest, PackCopyJob } from '../../archive/pack-copy.ts';
import type { Digest } from '../../base/digest.ts';
import type { BuilderParts, Outcome } from '../builder-parts.ts';
import { CACHE_LEASE, type CachedLayer } from '../solver/cache-store.ts';
import { operationKey } from '../solver/operation-key.ts';
import { identityOf, mountable, type SourceTree, withSource } from './source-tree.ts';

export type CopyPart = { source: SourceTree; copy: CopyRequest };

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
  const known = quickKey === undefined || noCache ? undefined : parts.cache.find(quickKey);
  if (known !== undefined) return { layer: known, cached: true };
  const { digest } = await packed(parts, options, undefined);
  const key = operationKey('copy', { top, requests, content: digest });
  const found = noCache ? undefined : parts.cache.find(key);
  const layer = found ?? (await make(parts, options));
  for (const each of [key, quickKey])
    if (each !== undefined) parts.cache.add(each, layer, options.description);
  return { layer, cached: found !== undefined };
}

async function make(parts: BuilderParts, options: CopyFiles): Promise<CachedLayer> {
  const layer = await parts.builds.add(options.top, {
    lease: CACHE_LEASE,
    pack: output => packed(parts, options, output),
  });
  return { ...layer, createdAt: new Date().toISOString() };
}

/** What the content of sources is known by, or, with an output, the layer itself. */
export function packed(
  parts: BuilderParts,
  { top, parts: wanted }: Pick<CopyFiles, 'top' | 'parts'>,
  output: PackCopyJob['output'],
): Promise<{ digest: Digest; sizeBytes: number }> {
  const next = (
    index: number,
    opened: PackCopyJob['parts'],
  ): Promise<{ digest: Digest; sizeBytes: number }> => {
    const part = wanted[index];
    if (part !== undefined)
      return withSource(parts, part.source, source =>
        next(index + 1, [...opened, { source, copy: part.copy }]),
      );
    return parts.builds.withTree(top, to =>
      parts.threads.run({ kind: 'pack-copy', parts: opened, destination: mountable(to), output }),
    );
  };
  return next(0, []);
}
