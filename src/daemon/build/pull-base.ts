import type { AuthConfig } from '../../api/types.ts';
import { own } from '../../base/own.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { familiarString, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Daemon } from '../daemon.ts';
import { pullImage } from '../distribution/pull-image.ts';

type Pull = { platform: Platform; auths: Readonly<Record<string, AuthConfig>>; signal: AbortSignal };

/** What `docker login` calls Docker's own registry. */
const HUB = 'https://index.docker.io/v1/';

/** Fetches an image that a build begins with. @throws EngineError as a pull does */
export function pullBase(daemon: Daemon, image: string, { platform, auths, signal }: Pull): Promise<void> {
  const reference = withDefaultTag(parseReference(image));
  const auth = own(auths, reference.domain === 'docker.io' ? HUB : reference.domain) ?? {};
  const request = {
    image: familiarString(reference),
    tag: '',
    platform: formatPlatform(platform),
    auth,
    signal,
  };
  return pullImage(daemon, request, () => undefined);
}
