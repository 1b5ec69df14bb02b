import { Readable } from 'node:stream';
import { tarEntry } from '../../archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../archive/tar/tar-writer.ts';
import { EngineError } from '../../base/errors.ts';
import { decodeIndex, decodeManifest } from '../../oci/decode-oci.ts';
import { type Descriptor, isIndex, OCI_LAYOUT, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { isForPlatform, type Platform } from '../../oci/platform.ts';
import { type ClientStore, readContent } from './client-content.ts';

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** `name:tag@sha256:…` of a layout that the client has. @throws EngineError invalid-parameter */
export function parseLayoutReference(text: string): { store: string; digest: string } {
  const [, store = '', digest = ''] = /^([^:@]+)(?::[^@]*)?@(sha256:[0-9a-f]{64})$/.exec(text) ?? [];
  if (store === '')
    throw new EngineError('invalid-parameter', `oci-layout reference "${text}" must have digest`);
  return { store: `oci:${store}`, digest };
}

/** The image for a platform in a client's layout, as the tar of a layout that has that image alone. */
export async function layoutArchive(
  layout: ClientStore,
  digest: string,
  platform: Platform,
): Promise<Readable> {
  const manifest = await findManifest(layout, digest, platform);
  const raw = await document(layout, manifest);
  const { config, layers } = decodeManifest(raw);
  return Readable.from(archive(layout, manifest, [config, ...layers]), { objectMode: false });
}

async function findManifest(layout: ClientStore, digest: string, platform: Platform): Promise<Descriptor> {
  const raw = await document(layout, { digest });
  const { mediaType = '', manifests } = JSON.parse(raw.toString()) as Partial<Descriptor> & {
    manifests?: unknown;
  };
  if (manifests === undefined && !isIndex({ mediaType }))
    return { mediaType: mediaType || OCI_MANIFEST, digest, size: raw.length };
  const found = decodeIndex(raw).find(
    each => each.platform === undefined || isForPlatform(each.platform, platform),
  );
  if (found === undefined) throw new EngineError('not-found', `no match for platform in manifest: ${digest}`);
  return found;
}

async function document(layout: ClientStore, { digest }: Pick<Descriptor, 'digest'>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readContent(layout, digest)) {
    length += chunk.length;
    if (length > MAX_DOCUMENT_BYTES)
      throw new EngineError('invalid-parameter', `manifest ${digest} is too large`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* archive(
  layout: ClientStore,
  manifest: Descriptor,
  blobs: readonly Descriptor[],
): AsyncGenerator<Uint8Array> {
  for (const { digest, size } of [manifest, ...blobs]) {
    yield encodeTarEntry(tarEntry({ path: `blobs/${digest.replace(':', '/')}`, mode: 0o444, size }));
    yield* readContent(layout, digest);
    yield tarPadding(size);
  }
  const index = JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations: undefined }] });
  for (const [path, content] of [
    ['index.json', index],
    ['oci-layout', OCI_LAYOUT],
  ] as const) {
    yield encodeTarEntry(tarEntry({ path, mode: 0o444, size: Buffer.byteLength(content) }));
    yield Buffer.from(content);
    yield tarPadding(Buffer.byteLength(content));
  }
  yield TAR_END;
}
