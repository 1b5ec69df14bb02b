import { otherPlatform } from '../../../graph/images/platform-variant.ts';
import type { ImageConfig } from '../../../oci/image-config.ts';
import { parsePlatform } from '../../../oci/parse-platform.ts';
import { doesFor } from '../../../oci/platform.ts';

/**
 * Checks that an image is of the platform asked for, `os`, `architecture` or `os/architecture[/variant]`.
 * @throws EngineError invalid-parameter for no platform, not-found for another one, in Docker's words
 */
export function checkPlatform(text: string, reference: string, config: ImageConfig): void {
  const platform = parsePlatform(text);
  if (!doesFor(config, platform)) throw otherPlatform({ config }, { text: reference, platform });
}
