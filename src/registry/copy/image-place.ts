import type { Descriptor } from '../../oci/image-spec.ts';
import type { FetchedManifest } from '../client/manifest.ts';

/** Where an image is copied from. */
export type ImageSource = {
  /** The manifest or index that was named. @throws EngineError not-found */
  top(): Promise<FetchedManifest>;
  /** A manifest that another one names, verified. */
  manifest(descriptor: Descriptor): Promise<FetchedManifest>;
  /** A blob's bytes from `start` to before `end`. Not verified: the destination does that. */
  read(descriptor: Descriptor, start: number, end: number): AsyncIterable<Buffer>;
  /** The name that the image has there, for a destination that was given none. */
  readonly name: string | undefined;
  /** A repository's path in the registry at that host, from which a registry can take blobs itself. */
  readonly repository: { domain: string; path: string } | undefined;
};

/** Where an image is copied to. */
export type ImageDestination = {
  /** How many blobs may be put at a time. */
  readonly width: number;
  hasBlob(descriptor: Descriptor): Promise<boolean>;
  /** @throws EngineError data-loss where the bytes are others than the descriptor says: nothing is kept of them */
  putBlob(descriptor: Descriptor, source: ImageSource): Promise<void>;
  /** A manifest, all of whose blobs and manifests are there. */
  putManifest(manifest: FetchedManifest): Promise<void>;
  /** The last manifest, which gets the name. Only now is there an image for others to see. */
  finish(top: FetchedManifest, source: ImageSource): Promise<void>;
  /** Removes what was not finished and would be of no use to another attempt. */
  close(): Promise<void>;
};
