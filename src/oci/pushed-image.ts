import type { Descriptor } from './image-spec.ts';

/** An image in the form that registries and archives take. */
export type PushedImage = {
  blobs: readonly ImageBlob[];
  /** Manifests, each after those that it names; the last one is the image. */
  documents: readonly ImageDocument[];
};

/** A layer or configuration. `open` gives a descriptor at position 0, which the caller closes. */
export type ImageBlob = { descriptor: Descriptor; open(): Promise<number> };

/** A manifest or index. */
export type ImageDocument = { descriptor: Descriptor; raw: Buffer };
