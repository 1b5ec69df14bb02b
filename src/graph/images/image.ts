import type { Digest } from '../../base/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';

export type Image = {
  /** Of the image configuration blob. */
  id: Digest;
  /** Of the manifest in the content store. */
  manifest: Digest;
  config: ImageConfig;
  /** The exact bytes of the configuration. */
  rawConfig: Buffer;
  /** `name:tag`, familiar form (`busybox:latest`). */
  repoTags: string[];
  /** `name@sha256:…` */
  repoDigests: string[];
  /** Of all unpacked layers together. */
  sizeBytes: number;
  chainIds: Digest[];
  /** The image that it was made from here. */
  parent?: Digest;
  /** ISO 8601. */
  lastTaggedAt?: string;
};
