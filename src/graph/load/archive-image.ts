import type { Ingest } from '../content/ingest.ts';

/** An image found in an archive. */
export type ArchiveImage = {
  rawConfig: Buffer;
  /** Bottom first. */
  layers: Ingest[];
  /** As it is in the archive, where there is one. */
  rawManifest?: Buffer;
  /** The index that it was chosen from, where the archive has the content of all platforms. */
  index?: { raw: Buffer; files: Ingest[] };
  /** `name:tag`, as people write them. */
  names: string[];
};
