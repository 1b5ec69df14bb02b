import { EngineError } from '../../base/errors.ts';
import { runNft } from './run-nft.ts';

/**
 * Has nft(8) load a script, as one transaction. A process of its own, some ten milliseconds: not for what
 * happens with each container.
 * @throws EngineError system
 */
export async function loadRuleset(script: string): Promise<void> {
  const { code, errors } = await runNft(['-f', '-'], script);
  if (code !== 0)
    throw new EngineError(
      'system',
      `failed to load the firewall rules: ${errors || `nft exited with ${code}`}`,
    );
}
