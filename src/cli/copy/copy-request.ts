export type CopyRequest = {
  container: string;
  /** In the container. */
  path: string;
  /** A path here, or `-`. */
  local: string;
  followLink: boolean;
  archive: boolean;
  quiet: boolean;
};
