import { closeSync } from 'node:fs';
import { readDescriptor } from '../../archive/read-descriptor.ts';
import { tarEntry } from '../../archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../archive/tar/tar-writer.ts';
import {
  type Descriptor,
  IMAGE_NAME_ANNOTATION,
  OCI_INDEX,
  OCI_LAYOUT,
  REF_NAME_ANNOTATION,
} from '../../oci/image-spec.ts';
import { canonicalString, familiarString, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { ImageBlob } from '../../oci/pushed-image.ts';
import type { AssembledImage, AssembledPlatform } from './assemble-image.ts';

/**
 * An image as a tar of an OCI image layout. With `forDocker` it has Docker's manifest.json, too, which can tell of one
 * platform only.
 */
export async function* imageArchive(
  image: AssembledImage,
  { names, forDocker }: { names: readonly string[]; forDocker: boolean },
): AsyncGenerator<Buffer> {
  for (const path of ['blobs/', 'blobs/sha256/'])
    yield encodeTarEntry(tarEntry({ path, type: 'directory', mode: 0o755 }));
  for (const { descriptor, raw } of image.documents) yield* file(blobPath(descriptor), raw);
  for (const blob of image.blobs) yield* blobFile(blob);
  yield* file('index.json', Buffer.from(JSON.stringify(layoutIndex(image, names))));
  const [first] = image.platforms;
  if (forDocker && first !== undefined)
    yield* file('manifest.json', Buffer.from(JSON.stringify([dockerManifest(first, names)])));
  yield* file('oci-layout', Buffer.from(OCI_LAYOUT));
  yield TAR_END;
}

/** An entry for each name, or one without. */
function layoutIndex({ top }: AssembledImage, names: readonly string[]) {
  const { descriptor } = top;
  const named = names.map(text => {
    const reference = withDefaultTag(parseReference(text));
    const annotations = {
      [IMAGE_NAME_ANNOTATION]: canonicalString(reference),
      [REF_NAME_ANNOTATION]: reference.tag ?? '',
    };
    return { ...descriptor, annotations };
  });
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: named.length === 0 ? [descriptor] : named };
}

function dockerManifest({ config, layers }: AssembledPlatform, names: readonly string[]) {
  return {
    Config: blobPath(config.descriptor),
    RepoTags: names.map(text => familiarString(withDefaultTag(parseReference(text)))),
    Layers: layers.map(({ descriptor }) => blobPath(descriptor)),
  };
}

function blobPath({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

async function* blobFile(blob: ImageBlob): AsyncGenerator<Buffer> {
  const { descriptor } = blob;
  const { size } = descriptor;
  const fd = await blob.open();
  try {
    yield encodeTarEntry(tarEntry({ path: blobPath(descriptor), mode: 0o444, size }));
    yield* readDescriptor(fd);
    yield tarPadding(size);
  } finally {
    closeSync(fd);
  }
}

function* file(path: string, data: Buffer): Generator<Buffer> {
  yield encodeTarEntry(tarEntry({ path, mode: 0o444, size: data.length }));
  yield data;
  yield tarPadding(data.length);
}
