import type { Digest } from '../../../base/digest.ts';
import { isDigest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { shortId } from '../../../base/ids.ts';
import type { ArrivingLayer } from '../../../graph/operations/receive/arriving-layer.ts';
import { chainIdsOf } from '../../../oci/chain-id.ts';
import { decodeImageConfig } from '../../../oci/decode-image-config.ts';
import type { ImageConfig } from '../../../oci/image-config.ts';
import { type Descriptor, DOCKER_CONFIG, OCI_CONFIG } from '../../../oci/image-spec.ts';
import type { Reference } from '../../../oci/reference.ts';
import { fetchSmallBlob } from '../../../registry/client/download-blob.ts';
import type { FetchedManifest } from '../../../registry/client/manifest.ts';
import type { Repository } from '../../../registry/client/repository.ts';
import type { DistributionDaemon } from './distribution.ts';
import { fetchLayer, type WantedLayer } from './fetch-layer.ts';
import { keepMeanwhile } from './keep-meanwhile.ts';
import { plainMessage, stateMessage, type Progress } from './progress.ts';
import type { TransferResult } from './shared-transfers.ts';

/** Old registries know the last of them only. */
const CONFIG_TYPES = [OCI_CONFIG, DOCKER_CONFIG, 'application/octet-stream', ''];
const MAXIMUM_CONFIG_BYTES = 4 * 1024 * 1024;

export type Reception = { manifest: FetchedManifest; references: Reference[]; progress: Progress };

/**
 * Brings what a manifest names, and makes an image of it. What is here already stays, and is not fetched.
 * @returns its id
 * @throws EngineError: the first failure, whatever it has others end with
 */
export async function receiveImage(
  daemon: DistributionDaemon,
  repository: Repository,
  { manifest, references, progress }: Reception,
): Promise<Digest> {
  const { raw, document } = manifest;
  const { config: descriptor, layers = [] } = document;
  const rawConfig = await fetchConfig(daemon, repository, descriptor);
  const config = await decodeImageConfig(rawConfig);
  const wanted = wantedLayers(config, layers);
  // Nothing that is found here now may be removed before the image has it.
  using _kept = keepMeanwhile(daemon.graph, 'pull', {
    content: [manifest.digest, ...wanted.map(layer => layer.descriptor.digest)],
    layers: chainIdsOf(config.rootfs.diff_ids),
  });
  const arrivals: Arrival[] = [];
  try {
    arrivals.push(...(await fetchLayers(daemon, repository, { wanted, progress })));
    return await daemon.graph.storeReceived({
      rawManifest: raw,
      config,
      rawConfig,
      layers: arrivals.map(arrival => (typeof arrival === 'string' ? arrival : arrival.value)),
      references,
      unpacked: index => {
        if (typeof arrivals[index] !== 'string') progress(plainMessage('Pull complete', idOf(wanted[index])));
      },
    });
  } finally {
    for (const arrival of arrivals) if (typeof arrival !== 'string') await arrival.release();
  }
}

async function fetchConfig(
  { graph }: DistributionDaemon,
  repository: Repository,
  descriptor: Descriptor | undefined,
): Promise<Buffer> {
  if (descriptor === undefined || !isDigest(descriptor.digest))
    throw new EngineError('invalid-parameter', 'invalid image manifest: it names no configuration');
  const { digest, mediaType } = descriptor;
  if (!CONFIG_TYPES.includes(mediaType))
    throw new EngineError('invalid-parameter', `Encountered remote "${mediaType}"(unknown) when fetching`);
  if (graph.content.has(digest)) return graph.content.read(digest);
  return fetchSmallBlob(repository, descriptor, MAXIMUM_CONFIG_BYTES);
}

/** @throws EngineError invalid-parameter where manifest and configuration do not fit each other, or this machine */
function wantedLayers({ os, rootfs }: ImageConfig, layers: readonly Descriptor[]): WantedLayer[] {
  if (os !== 'linux')
    throw new EngineError(
      'invalid-parameter',
      `image operating system "${os}" cannot be used on this platform: operating system is not supported`,
    );
  const { diff_ids: diffIds } = rootfs;
  if (diffIds.length !== layers.length)
    throw new EngineError(
      'invalid-parameter',
      `invalid manifest, layers length mismatch: expected ${layers.length}, got ${diffIds.length}`,
    );
  const chainIds = chainIdsOf(diffIds);
  return layers.map((descriptor, index) => {
    const { digest, size } = descriptor;
    if (!isDigest(digest) || size < 0)
      throw new EngineError('invalid-parameter', `invalid layer in manifest: ${digest} of ${size} bytes`);
    return { descriptor: { ...descriptor, digest }, parent: chainIds[index - 1] };
  });
}

/** A layer that has come, or the digest of one that is here. */
type Arrival = TransferResult<ArrivingLayer> | Digest;

async function fetchLayers(
  daemon: DistributionDaemon,
  repository: Repository,
  { wanted, progress }: { wanted: readonly WantedLayer[]; progress: Progress },
): Promise<Arrival[]> {
  const { content } = daemon.graph;
  const group = new AbortController();
  const signal = AbortSignal.any([group.signal, repository.session.signal]);
  const isHere = wanted.map(({ descriptor }) => content.has(descriptor.digest));
  wanted.forEach((layer, index) =>
    progress(plainMessage(isHere[index] ? 'Already exists' : 'Pulling fs layer', idOf(layer))),
  );
  const results = await Promise.allSettled(
    wanted.map(async (layer, index): Promise<Arrival> => {
      const { digest, size } = layer.descriptor;
      if (isHere[index]) return digest;
      const waiter = {
        signal,
        onState: (state: Parameters<typeof stateMessage>[0]) =>
          progress(stateMessage(state, idOf(layer), size)),
      };
      try {
        return await fetchLayer(daemon, repository, { layer, waiter });
      } catch (error) {
        // The first failure is the reason for all others.
        group.abort(error);
        throw error;
      }
    }),
  );
  const arrivals = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  if (arrivals.length === wanted.length) return arrivals;
  for (const arrival of arrivals) if (typeof arrival !== 'string') await arrival.release();
  if (repository.session.signal.aborted) throw new EngineError('cancelled', 'context canceled');
  throw group.signal.reason;
}

function idOf(layer: WantedLayer | undefined): string {
  return shortId(layer?.descriptor.digest ?? '');
}
