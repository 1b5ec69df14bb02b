import type { Growth } from '../../../archive/growth.ts';
import type { Tree } from '../../../archive/rooted/pack-stream.ts';
import type { Digest } from '../../../base/digest.ts';
import type { ImageConfig } from '../../../oci/image-config.ts';
import type { ContainerLayer } from '../../graphdriver/graph-driver.ts';
import type { Image } from '../../images/image.ts';

/**
 * Layers as a builder makes them, one on top of the other, before there is an image. What it makes is kept by a lease
 * of its own (leases.ts), and by nothing else.
 */
export interface BuildLayers {
  /** A writable layer on top of a layer, or of nothing. The caller removes it. @throws EngineError not-found */
  create(top: Digest | undefined): Promise<ContainerLayer>;
  /** Idempotent. Its files go in the background. */
  remove(id: string): void;
  /** Settles when the files of all that was removed have gone. */
  whenRemoved(): Promise<void>;
  /** What an earlier process has left. */
  removeAll(): Promise<void>;
  /**
   * Makes a layer of what was written; `ignored` as with `containerChanges`. The writable one may have become the layer:
   * it can only be removed.
   */
  commit(id: string, options: { ignored: readonly string[]; lease: string }): Promise<BuiltLayer>;
  /** Makes a layer of an archive that `pack` writes to an open file, which is unpacked meanwhile. */
  add(
    top: Digest | undefined,
    options: {
      pack: (output: { fd: number; growth: Growth }) => Promise<{ digest: Digest; sizeBytes: number }>;
      lease: string;
    },
  ): Promise<BuiltLayer>;
  /** Calls `use` with all files of a layer and those below it, which do not change. */
  withTree<T>(top: Digest | undefined, use: (tree: Tree) => Promise<T>): Promise<T>;
  /** A writable layer's files with those below it. */
  writableTree(id: string): Tree;
  /** Whether both the layer and its content are there. */
  has(layer: Pick<BuiltLayer, 'chainId' | 'diffId'>): boolean;
  /** What layers take on the disk with their content, and whether images have them, as it is now. */
  usage(): (layer: Pick<BuiltLayer, 'chainId' | 'diffId' | 'sizeBytes'>) => LayerUsage;
  /** Keeps what an image is made of, even when it is removed, until the function that this returns is called. */
  hold(image: Pick<Image, 'id' | 'chainIds'>): () => void;
  /** Makes an image of layers on top of another image's. @returns its id, and whether there was none of it */
  store(image: BuiltImage): Promise<{ id: Digest; isNew: boolean }>;
}

export type BuiltLayer = {
  chainId: Digest;
  /** Also the digest of its content, which is not compressed. */
  diffId: Digest;
  /** Size of its files. */
  sizeBytes: number;
};

export type LayerUsage = { diskBytes: number; isShared: boolean };

export type BuiltImage = {
  /** What is below; undefined for nothing. */
  base: Pick<Image, 'id' | 'manifest'> | undefined;
  /** Bottom first. */
  layers: readonly Pick<BuiltLayer, 'diffId'>[];
  config: ImageConfig;
  /** Annotations of the image's manifest. */
  annotations?: Record<string, string> | undefined;
  /** `name:tag`. */
  references: readonly string[];
};
