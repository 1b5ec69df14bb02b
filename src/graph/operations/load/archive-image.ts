import type { Ingest } from '../../content/ingest.ts';

/** An image found in an archive. Documents are read when they are needed: there may be thousands of large ones. */
export type ArchiveImage = {
  config: Ingest;
  /** Bottom first. */
  layers: Ingest[];
  /** As it is in the archive, where there is one. */
  manifest?: Ingest;
  /** The index that it was chosen from, where the archive has the content of all platforms. */
  index?: { document: Ingest; files: Ingest[] };
  /** The id of the image that it was made from, maybe of this archive. */
  parent?: string;
  /** `name:tag`, as people write them. */
  names: string[];
};
