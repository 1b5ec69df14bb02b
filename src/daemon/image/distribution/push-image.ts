import type { Platform } from '../../../api/types.ts';
import type { Digest } from '../../../base/digest.ts';
import { isDigest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { shortId } from '../../../base/ids.ts';
import { layerProgress } from '../../../graph/operations/load/layer-progress.ts';
import type { Image } from '../../../graph/graph.ts';
import type { Descriptor } from '../../../oci/image-spec.ts';
import { formatPlatform } from '../../../oci/platform.ts';
import {
  familiarName,
  familiarString,
  isTag,
  parseReference,
  type Reference,
  repositoryOf,
} from '../../../oci/reference.ts';
import { Repository } from '../../../registry/client/repository.ts';
import type { DistributionDaemon } from './distribution.ts';
import { imageEvent } from '../images.ts';
import { keepMeanwhile } from './keep-meanwhile.ts';
import { plainMessage, retryMessage, seldom, type Progress, type UploadState } from './progress.ts';
import { type RegistryRequest, withSession } from './registry-session.ts';
import { mountSources } from './mount-sources.ts';
import { pushBlob } from './push-blob.ts';
import { type Pushable, pushableOf } from './pushable.ts';
import { compressLayers } from './compress-layers.ts';

export type PushRequest = RegistryRequest & {
  /** A name; a tag in it counts as `tag` does. */
  image: string;
  /** '' for all tags of that name. */
  tag: string;
  platform?: Platform | undefined;
};

/**
 * `docker push`: an image, or all tags of a name. What a registry has already is not sent.
 * @throws EngineError in Docker's words: invalid-parameter, not-found, unauthorized, forbidden, system
 */
export async function pushImage(
  daemon: DistributionDaemon,
  request: PushRequest,
  progress: Progress,
): Promise<void> {
  const reference = pushedReference(request);
  const { platform } = request;
  await checkPlatform(daemon, reference, platform);
  progress({ status: `The push refers to repository [${repositoryOf(reference)}]` });
  const pushed = await pushedTags(daemon, reference);
  await withSession(daemon, request, async session => {
    const repository = await Repository.open(session, reference, ['push']);
    for (const tagged of pushed) await pushTag(daemon, repository, { reference: tagged, platform, progress });
  });
}

function pushedReference({ image, tag }: PushRequest): Reference {
  const reference = parseReference(image);
  if (reference.digest !== undefined || isDigest(tag))
    throw new EngineError('invalid-parameter', 'cannot push a digest reference');
  if (tag === '') return reference;
  if (!isTag(tag)) throw new EngineError('invalid-parameter', 'invalid tag format');
  return { ...reference, tag };
}

async function checkPlatform(
  { graph }: DistributionDaemon,
  reference: Reference,
  platform: Platform | undefined,
): Promise<void> {
  if (platform === undefined || reference.tag === undefined) return;
  const name = familiarString(reference);
  const { config } = await graph.resolve(name);
  try {
    await graph.resolve(name, platform);
  } catch (cause) {
    const actual = `${config.os}/${config.architecture}`;
    throw new EngineError(
      'not-found',
      `image with reference ${name} was found but its platform (${actual}) does not match the specified platform (${formatPlatform(platform)})`,
      { cause },
    );
  }
}

/** @throws EngineError not-found where there is none */
async function pushedTags({ graph }: DistributionDaemon, reference: Reference): Promise<Reference[]> {
  const prefix = `${familiarName(reference)}:`;
  const names = (await graph.list()).flatMap(({ repoTags }) =>
    repoTags.filter(name => name.startsWith(prefix)),
  );
  const tags = names.map(name => name.slice(prefix.length)).filter(tag => !tag.includes('/'));
  if (tags.length === 0)
    throw new EngineError(
      'not-found',
      `An image does not exist locally with the tag: ${familiarName(reference)}`,
    );
  if (reference.tag === undefined) return tags.sort().map(tag => ({ ...reference, tag }));
  if (!tags.includes(reference.tag))
    throw new EngineError('not-found', `tag does not exist: ${familiarString(reference)}`);
  return [reference];
}

type TagPush = { reference: Reference; platform: Platform | undefined; progress: Progress };

async function pushTag(
  daemon: DistributionDaemon,
  repository: Repository,
  { reference, platform, progress }: TagPush,
): Promise<void> {
  const { graph } = daemon;
  const image = await graph.resolve(familiarString(reference), platform);
  const top = await descriptorOf(daemon, image, platform);
  const whole = await pushableOf(graph, image, top);
  const blobs = [...whole.layers.map(({ descriptor }) => descriptor), ...whole.others];
  using _kept = keepMeanwhile(graph, 'push', {
    content: [...[...whole.below, whole.top].map(({ descriptor }) => descriptor), ...blobs].map(
      ({ digest }) => digest as Digest,
    ),
  });
  for (const { shownId } of whole.layers.toReversed()) progress(plainMessage('Preparing', shortId(shownId)));
  using compressed = await compressLayers(daemon, repository, { image, whole });
  const { pushable } = compressed;
  await pushBlobs(daemon, repository, { reference, image, pushable, progress });
  const { tag = '' } = reference;
  for (const { descriptor, raw } of pushable.below)
    await repository.putManifest(descriptor.digest, raw, descriptor.mediaType);
  const { mediaType, digest, size } = pushable.top.descriptor;
  await repository.putManifest(tag, pushable.top.raw, mediaType);
  await graph.nameReceived(image.id, [{ ...reference, tag: undefined, digest: digest as Digest }]);
  imageEvent(
    daemon,
    'push',
    { id: familiarString(reference), config: image.config },
    familiarName(reference),
  );
  progress({ status: `${tag}: digest: ${digest} size: ${size}` });
  progress({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } });
}

async function descriptorOf(
  { graph }: DistributionDaemon,
  image: Image,
  platform: Platform | undefined,
): Promise<Descriptor> {
  if (platform === undefined) return graph.descriptorOf(image);
  const raw = graph.content.read(image.manifest);
  const { mediaType } = await graph.descriptorOf(image);
  return { mediaType, digest: image.manifest, size: raw.length };
}

type BlobsPush = { reference: Reference; image: Image; pushable: Pushable; progress: Progress };

/** The first failure ends the others. */
async function pushBlobs(
  daemon: DistributionDaemon,
  repository: Repository,
  { reference, image, pushable, progress }: BlobsPush,
): Promise<void> {
  const sources = await mountSources(daemon, reference, image);
  const group = new AbortController();
  const signal = AbortSignal.any([group.signal, repository.session.signal]);
  const send = async (descriptor: Descriptor, onState: (state: UploadState) => void) => {
    try {
      const mountFrom = sources(descriptor.digest);
      await pushBlob(daemon, repository, { descriptor, mountFrom, waiter: { signal, onState } });
    } catch (error) {
      group.abort(error);
      throw error;
    }
  };
  const layers = pushable.layers
    .toReversed()
    .map(({ descriptor, shownId }) =>
      send(descriptor, reporter(shortId(shownId), descriptor.size, progress)),
    );
  const others = pushable.others.map(descriptor => send(descriptor, () => undefined));
  await Promise.allSettled([...layers, ...others]);
  if (repository.session.signal.aborted) throw new EngineError('cancelled', 'context canceled');
  group.signal.throwIfAborted();
}

function reporter(id: string, size: number, progress: Progress): (state: UploadState) => void {
  const report = seldom(bytes => progress(layerProgress('Pushing', id, bytes, size)));
  return state => {
    switch (state.kind) {
      case 'waiting':
        return progress(plainMessage('Waiting', id));
      case 'pushing':
        return report(state.bytes);
      case 'pushed':
        return progress(plainMessage('Pushed', id));
      case 'exists':
        return progress(plainMessage('Layer already exists', id));
      case 'mounted':
        return progress(plainMessage(`Mounted from ${state.from}`, id));
      case 'retrying':
        return progress(retryMessage(state, id));
    }
  };
}
