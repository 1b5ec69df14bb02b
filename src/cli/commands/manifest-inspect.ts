import { isIndex } from '../../oci/image-spec.ts';
import { canonicalString, parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts';
import type { FetchedManifest } from '../../registry/client/manifest.ts';
import { Repository } from '../../registry/client/repository.ts';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { openSession } from '../registry/open-session.ts';

export const command = defineCommand({
  usage: '[OPTIONS] MANIFEST',
  summary: 'Display an image manifest, or manifest list',
  flags: {
    insecure: bool('', 'Allow communication with an insecure registry'),
    verbose: bool('v', 'Output additional info including layers and platform'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [name = ''] }) {
    const reference = withDefaultTag(parseReference(name));
    const session = await openSession(context.env, reference.domain, { insecure: values.insecure });
    try {
      const repository = await Repository.open(session, reference, ['resolve', 'pull']);
      const manifest = await repository.manifest(reference);
      const shown = values.verbose ? await described(repository, reference, manifest) : parsed(manifest);
      context.stdout.write(`${JSON.stringify(shown, undefined, '\t')}\n`);
    } finally {
      await session.close();
    }
  },
});

function parsed({ raw }: FetchedManifest): object {
  return JSON.parse(raw.toString()) as object;
}

/** Each image with its descriptor. */
async function described(
  repository: Repository,
  reference: Reference,
  top: FetchedManifest,
): Promise<unknown> {
  if (!isIndex(top)) return descriptionOf(reference, top);
  const images: object[] = [];
  for (const { digest, platform } of top.document.manifests ?? []) {
    const child = { ...reference, tag: undefined, digest } as Reference;
    images.push(descriptionOf(child, await repository.manifest(child), platform));
  }
  return images;
}

function descriptionOf(reference: Reference, manifest: FetchedManifest, platform?: object): object {
  const { mediaType, digest, raw } = manifest;
  const name = mediaType.includes('docker') ? 'SchemaV2Manifest' : 'OCIManifest';
  return {
    Ref: canonicalString(reference),
    Descriptor: { mediaType, digest, size: raw.length, ...(platform && { platform }) },
    Raw: raw.toString('base64'),
    [name]: parsed(manifest),
  };
}
