import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { Documents } from '../images/documents.ts';
import type { GraphDriver } from '../graphdriver/graph-driver.ts';
import type { ImageStore } from '../images/image-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { PublishedIndex } from '../images/published-index.ts';
import type { ContainerRecords } from '../layers/container-records.ts';
import type { RecordChecks } from '../records/record-checks.ts';
import type { Leases } from '../records/leases.ts';

/** What one graph is made of; its operations are functions that take it. */
export type GraphParts = {
  root: string;
  content: ContentStore;
  layers: LayerStore;
  containerRecords: ContainerRecords;
  images: ImageStore;
  publishedIndex: PublishedIndex;
  driver: GraphDriver;
  threads: RootedThreads;
  leases: Leases;
  documents: Documents;
  recordChecks: RecordChecks;
  /** `--storage-opt discard-blobs=true` */
  discardsBlobs: boolean;
  /** Aborted when the graph is to be closed. */
  closing: AbortSignal;
};
