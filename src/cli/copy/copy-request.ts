import type { OutputStream } from '../context.ts';
import type { ByteProgress } from '../streams/byte-progress.ts';

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

/** Says in the end how much it was. */
export function reportCopy(output: OutputStream, progress: ByteProgress, destination: string): void {
  progress.stop();
  output.write(`Successfully copied ${progress.size} to ${destination}\n`);
}
