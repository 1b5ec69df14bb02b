import type { OutputStream } from '../context.ts';
import type { ByteProgress } from '../streams/byte-progress.ts';

/** Says in the end how much it was. */
export function reportCopy(output: OutputStream, progress: ByteProgress, destination: string): void {
  progress.stop();
  output.write(`Successfully copied ${progress.size} to ${destination}\n`);
}
