import { decodeImageConfig } from '../../oci/decode-image-config.ts';
import { isAttestation } from '../../oci/image-spec.ts';
import { hostPlatform, type Platform } from '../../oci/platform.ts';
import { parseReference, repositoryOf, withDefaultTag } from '../../oci/reference.ts';
import { fetchSmallBlob } from '../../registry/client/download-blob.ts';
import type { FetchedManifest } from '../../registry/client/manifest.ts';
import { platformManifest } from '../../registry/client/platform-manifest.ts';
import { Repository } from '../../registry/client/repository.ts';
import type { Session } from '../../registry/client/session.ts';

const MAXIMUM_CONFIG_BYTES = 4 * 1024 * 1024;

/**
 * What a registry has under a name, as the JSON text of an object like that of `docker image inspect`: `Size` is what
 * a pull would transfer, `Layers` are the compressed ones, `Platforms` those of an index.
 * @param open as {@link Session.open}; the caller closes it
 */
export async function inspectRemote(
  name: string,
  { platform, open }: { platform: Platform | undefined; open: (domain: string) => Promise<Session> },
): Promise<string> {
  const reference = withDefaultTag(parseReference(name));
  const session = await open(reference.domain);
  const repository = await Repository.open(session, reference, ['resolve', 'pull']);
  const top = await repository.manifest(reference);
  const source = { manifest: repository.childManifest.bind(repository) };
  const image = await platformManifest(source, { top, platform: platform ?? hostPlatform() });
  const { config: descriptor, layers = [] } = image.document;
  const repositoryName = repositoryOf(reference);
  const common = {
    Name: repositoryName,
    RepoDigests: [`${repositoryName}@${top.digest}`],
    Descriptor: { mediaType: top.mediaType, digest: top.digest, size: top.raw.length },
    ...platformsOf(top),
    ManifestDigest: image.digest,
    Layers: layers.map(({ digest, size, mediaType }) => ({
      Digest: digest,
      Size: size,
      MediaType: mediaType,
    })),
    Size: layers.reduce((sum, { size }) => sum + size, descriptor?.size ?? 0),
  };
  // Artifacts have configurations of other types, or none.
  if (descriptor === undefined || !/image(?:\.config)?\.v1\+json$/.test(descriptor.mediaType))
    return JSON.stringify({ ...common, ConfigMediaType: descriptor?.mediaType ?? '' });
  const raw = await fetchSmallBlob(repository, descriptor, MAXIMUM_CONFIG_BYTES);
  const { created, author = '', config, os, architecture, variant, rootfs } = await decodeImageConfig(raw);
  return JSON.stringify({
    Id: descriptor.digest,
    ...common,
    Created: created,
    Author: author,
    Os: os,
    Architecture: architecture,
    Variant: variant,
    Config: config,
    RootFS: { Type: rootfs.type, Layers: rootfs.diff_ids },
  });
}

function platformsOf(top: FetchedManifest): object {
  const { manifests } = top.document;
  if (manifests === undefined) return {};
  const images = manifests.filter(child => !isAttestation(child));
  return {
    Platforms: images.map(({ digest, size, platform }) => ({
      Digest: digest,
      Size: size,
      Platform: platform,
    })),
    Attestations: manifests.length - images.length,
  };
}
