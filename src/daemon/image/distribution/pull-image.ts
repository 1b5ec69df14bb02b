import type { Digest } from '../../../base/digest.ts';
import { isDigest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { parsePlatform } from '../../../oci/parse-platform.ts';
import { hostPlatform, isForPlatform, type Platform } from '../../../oci/platform.ts';
import {
  familiarName,
  familiarString,
  isTag,
  parseReference,
  type Reference,
} from '../../../oci/reference.ts';
import { checkImagePolicy } from '../../../registry/policy/check-policy.ts';
import { platformManifest } from '../../../registry/client/platform-manifest.ts';
import { Repository } from '../../../registry/client/repository.ts';
import type { Image } from '../../../graph/images/image.ts';
import type { DistributionDaemon } from './distribution.ts';
import { imageEvent } from '../images.ts';
import { pullError } from './pull-errors.ts';
import type { Progress } from './progress.ts';
import { type RegistryRequest, withSession } from './registry-session.ts';
import { receiveImage } from './receive-image.ts';

export type PullRequest = RegistryRequest & {
  /** A name, with a tag or a digest or without. */
  image: string;
  /** A tag or a digest; '' for what the name has, and, where that has none either, all tags. */
  tag: string;
  platform?: string | undefined;
};

/** What the engine can make itself, by the name one would pull. */
const BUILT_IN = /^(?:docker\.io\/)?library\/hello:latest$/;

/**
 * `docker pull`: an image, or all of a repository's tags. Errors before the first message of progress have a status.
 * @throws EngineError in Docker's words: invalid-parameter, forbidden, not-found, unauthorized, system when the registry
 *   cannot be reached, data-loss when it sends something else
 */
export async function pullImage(
  daemon: DistributionDaemon,
  request: PullRequest,
  progress: Progress,
): Promise<void> {
  const reference = requestedReference(request);
  const platform = request.platform ? parsePlatform(request.platform) : undefined;
  if (BUILT_IN.test(`${familiarPath(reference)}:${reference.tag}`)) return makeHello(daemon, progress);
  await withSession(daemon, request, async session => {
    try {
      const repository = await Repository.open(session, reference, ['resolve', 'pull']);
      const pull = new Pull(daemon, repository, { platform, progress });
      const isNew = await pull.all(reference);
      const status = isNew ? 'Downloaded newer image for' : 'Image is up to date for';
      progress({ status: `Status: ${status} ${familiarString(reference)}` });
      await pull.warnOfPlatform(reference);
    } catch (error) {
      throw pullError(error, reference);
    }
  });
}

function requestedReference({ image, tag }: PullRequest): Reference {
  const reference = parseReference(image);
  if (familiarName(reference) === 'scratch')
    throw new EngineError('forbidden', "'scratch' is a reserved name");
  if (tag === '') return reference;
  const { domain, path } = reference;
  if (isDigest(tag)) return { domain, path, digest: tag };
  if (!isTag(tag)) throw new EngineError('invalid-parameter', 'invalid tag format');
  return { ...reference, tag };
}

function familiarPath({ domain, path }: Reference): string {
  return domain === 'docker.io' ? path : `${domain}/${path}`;
}

class Pull {
  readonly #daemon: DistributionDaemon;
  readonly #repository: Repository;
  readonly #platform: Platform | undefined;
  readonly #progress: Progress;

  constructor(
    daemon: DistributionDaemon,
    repository: Repository,
    { platform, progress }: { platform: Platform | undefined; progress: Progress },
  ) {
    this.#daemon = daemon;
    this.#repository = repository;
    this.#platform = platform;
    this.#progress = progress;
  }

  /** Whether any of it is new. */
  async all(reference: Reference): Promise<boolean> {
    if (reference.tag !== undefined || reference.digest !== undefined) return this.#one(reference);
    const { domain, path } = reference;
    let isNew = false;
    for (const tag of await this.#repository.tags()) {
      // What is no tag cannot be asked for.
      if (isTag(tag) && (await this.#one({ domain, path, tag }))) isNew = true;
    }
    return isNew;
  }

  async #one(wanted: Reference): Promise<boolean> {
    // The digest wins.
    const { domain, path, tag, digest } = wanted;
    const reference: Reference = digest === undefined ? wanted : { domain, path, digest };
    const top = await this.#repository.resolve(reference);
    this.#progress({ status: `Pulling from ${path}`, id: digest ?? tag ?? '' });
    const { imagePolicyFile: policyFile } = this.#daemon.options;
    await checkImagePolicy(this.#repository, { reference, digest: top.digest, policyFile });
    const byDigest: Reference = { domain, path, digest: top.digest };
    const names = digest === undefined ? [byDigest, reference] : [byDigest];
    const { graph } = this.#daemon;
    const before = await this.#find(reference);
    const id = (await this.#knownAs(byDigest)) ?? (await this.#fetch(byDigest, names));
    await graph.nameReceived(id, names);
    this.#progress({ status: `Digest: ${top.digest}` });
    const { config } = await graph.resolve(id);
    imageEvent(this.#daemon, 'pull', { id: familiarString(reference), config }, familiarName(reference));
    return before !== id;
  }

  async #find(reference: Reference): Promise<Digest | undefined> {
    return (await this.#imageOf(familiarString(reference)))?.id;
  }

  async #imageOf(name: string): Promise<Image | undefined> {
    try {
      return await this.#daemon.graph.resolve(name);
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }

  /** An image that came by this digest, if it is for the platform that is wanted. */
  async #knownAs(byDigest: Reference): Promise<Digest | undefined> {
    const id = await this.#find(byDigest);
    if (id === undefined) return undefined;
    const { config } = await this.#daemon.graph.resolve(id);
    return isForPlatform(config, this.#wantedPlatform) ? id : undefined;
  }

  get #wantedPlatform(): Platform {
    return this.#platform ?? hostPlatform();
  }

  async #fetch(byDigest: Reference, references: Reference[]): Promise<Digest> {
    const platform = this.#wantedPlatform;
    const top = await this.#repository.manifest(byDigest);
    const manifest = await platformManifest(
      { manifest: child => this.#repository.childManifest(child) },
      { top, platform },
    );
    const digest = manifest.document.config?.digest;
    const known = digest !== undefined && isDigest(digest) ? await this.#imageOf(digest) : undefined;
    // Under another name, perhaps.
    if (known?.manifest === manifest.digest) return known.id;
    return receiveImage(this.#daemon, this.#repository, { manifest, references, progress: this.#progress });
  }

  /** A registry may have an image for one platform only, and that is not the one that was asked for. */
  async warnOfPlatform(reference: Reference): Promise<void> {
    const platform = this.#platform;
    if (platform === undefined || (reference.tag ?? reference.digest) === undefined) return;
    const name = familiarString(reference);
    const { config } = await this.#daemon.graph.resolve(name);
    if (isForPlatform(config, platform)) return;
    const [actual, asked] = [config, platform].map(({ os, architecture }) => `${os}/${architecture}`);
    this.#progress({
      status: `WARNING: image with reference ${name} was found but its platform (${actual}) does not match the specified platform (${asked})`,
    });
  }
}

async function makeHello(daemon: DistributionDaemon, progress: Progress): Promise<void> {
  const id = await daemon.graph.bootstrap('hello', progress);
  const { config } = await daemon.graph.resolve(id);
  imageEvent(daemon, 'pull', { id: 'hello:latest', config }, 'hello');
  progress({ status: `Digest: ${id}` });
  progress({ status: 'Status: Image is up to date for hello:latest' });
}
