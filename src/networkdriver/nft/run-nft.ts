import { text } from 'node:stream/consumers';
import { nftError, startNft } from './start-nft.ts';

/** Runs nft(8) to its end. @throws EngineError system where it cannot be started */
export async function runNft(
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = startNft(...args);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', error => reject(nftError(error)));
    child.once('close', resolve);
  });
  child.stdin.end(input);
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, output, errors: errors.trim() };
}
