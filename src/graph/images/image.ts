import type { Digest } from '../../base/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';

export type Image = {
  /** Digest of the image configuration. */
  id: Digest;
  /** Digest of the manifest in the content store. */
  manifest: Digest;
  config: ImageConfig;
  /** The exact bytes of the configuration. */
  rawConfig: Buffer;
  /** `name:tag`, familiar form (`busybox:latest`). */
  repoTags: string[];
  /** `name@sha256:…` */
  repoDigests: string[];
  /** Size of all unpacked layers together. */
  sizeBytes: number;
  chainIds: Digest[];
  /** The image that it was made from here. */
  parent?: Digest;
  /** ISO 8601. */
  lastTaggedAt?: string;
};
