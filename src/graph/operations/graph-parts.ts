import type { ReservedDatabase } from '../../base/reserved-database.ts';
import type { RootedThreads } from '../../archive/rooted-threads.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { Documents } from '../images/documents.ts';
import type { GraphDriver } from '../graphdriver/graph-driver.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { Leases } from '../records/leases.ts';

/** What one graph is made of; its operations are functions that take it. */
export type GraphParts = {
  root: string;
  database: ReservedDatabase;
  content: ContentStore;
  layers: LayerStore;
  images: ImageStore;
  driver: GraphDriver;
  threads: RootedThreads;
  leases: Leases;
  documents: Documents;
  /** `--storage-opt discard-blobs=true` */
  discardsBlobs: boolean;
  /** Aborted when the graph is to be closed. */
  closing: AbortSignal;
};
