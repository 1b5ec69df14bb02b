export type CheckOptions = {
  /** Whether what can be repaired is. Default: it is only told. */
  repair: boolean;
  /**
   * Whether unpacked layers are compared with their blobs, file by file: each is unpacked a second time for it, next
   * to the first, which takes its time and, one layer at a time, its space.
   */
  layers: boolean;
  /** Which containers there are: a container's layer that is of none of them is an orphan. Undefined: not known. */
  isContainer?: (containerId: string) => boolean;
  /** Containers that run now: the layers below them are not replaced. */
  isRunning?: (containerId: string) => boolean;
  progress?: (progress: CheckProgress) => void;
};

export type CheckProgress = {
  /** What is being verified, for people. */
  what: 'content' | 'layers';
  current: number;
  total: number;
};

export type FindingKind =
  /** A blob whose bytes are not those of its digest. */
  | 'damaged-content'
  /** A blob that an image refers to. */
  | 'missing-content'
  /** A discarded blob that its recipe does not make any more. */
  | 'unrebuildable-content'
  /** A blob that nothing refers to. */
  | 'orphaned-content'
  /** A layer of an image that is not unpacked, or whose directory has gone. */
  | 'missing-layer'
  /** A layer whose files are not those of its blob. */
  | 'damaged-layer'
  /** An unpacked layer that nothing refers to, or that no record knows. */
  | 'orphaned-layer'
  /** A container's record without its directory. */
  | 'missing-container-layer'
  /** A container's directory, or its record, that no container has. */
  | 'orphaned-container-layer'
  /** A file or directory that is nothing of the graph's. */
  | 'unknown-file'
  /** A row in the database that is about nothing, or a damaged database. */
  | 'stale-record'
  | 'damaged-database';

export type Finding = {
  kind: FindingKind;
  /** A digest, an id or a path. */
  subject: string;
  /** More of it, for people; '' for none. */
  detail: string;
  /** Names (or short ids) of the images that are broken by it. */
  images: string[];
  repaired: boolean;
};

export type CheckReport = {
  /** How much was verified. */
  blobs: number;
  blobBytes: number;
  layers: number;
  containerLayers: number;
  findings: Finding[];
};
