import type { CopyTree } from '../../archive/rooted/pack-copy.ts';
import { openTree } from '../../archive/rooted/pack-stream.ts';
import type { Digest } from '../../base/digest.ts';
import type { BuilderParts } from '../builder-parts.ts';

/** Files that an operation takes: of a directory that stays as it is, or of a layer and all below it. */
export type SourceTree =
  | { kind: 'directory'; path: string /** Of all its files, times included. */; identity?: string }
  | { kind: 'layer'; top: Digest | undefined };

/** What a source is known by without looking at it; undefined where that takes its content. */
export function identityOf(source: SourceTree): string | undefined {
  return source.kind === 'layer' ? (source.top ?? 'scratch') : source.identity;
}

/** Calls `use` with the files, as jobs of rooted threads take them. */
export function withSource<T>(
  { builds }: BuilderParts,
  source: SourceTree,
  use: (tree: CopyTree) => Promise<T>,
): Promise<T> {
  if (source.kind === 'directory') return use(source.path);
  return withLayerTree(builds, source.top, use);
}

/** The same of a layer and all below it. */
export function withLayerTree<T>(
  builds: BuilderParts['builds'],
  top: Digest | undefined,
  use: (tree: CopyTree) => Promise<T>,
): Promise<T> {
  return builds.withTree(top, async tree => {
    const { root, close } = await openTree(tree);
    try {
      return await use(root);
    } finally {
      close();
    }
  });
}
