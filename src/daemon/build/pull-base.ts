import type { AuthConfig } from '../../api/types.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { familiarString, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Daemon } from '../container/daemon.ts';
import { pullImage } from '../image/distribution/pull-image.ts';

type Pull = {
  platform: Platform;
  credentials: (registry: string, signal: AbortSignal) => Promise<AuthConfig>;
  signal: AbortSignal;
};

/** Fetches an image that a build begins with. @throws EngineError as a pull does */
export async function pullBase(
  daemon: Daemon,
  image: string,
  { platform, credentials, signal }: Pull,
): Promise<void> {
  const reference = withDefaultTag(parseReference(image));
  const auth = await credentials(reference.domain, signal);
  const request = {
    image: familiarString(reference),
    tag: '',
    platform: formatPlatform(platform),
    auth,
    signal,
  };
  await pullImage(daemon, request, () => undefined);
}
