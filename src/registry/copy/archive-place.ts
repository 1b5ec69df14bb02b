import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type TarEntry, tarEntry } from '../../archive/tar/tar-entry.ts';
import { BLOCK_BYTES } from '../../archive/tar/tar-header.ts';
import { TarReader } from '../../archive/tar/tar-reader.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../archive/tar/tar-writer.ts';
import { EngineError } from '../../base/errors.ts';
import { decodeIndex } from '../../oci/decode-oci.ts';
import { type Descriptor, OCI_LAYOUT } from '../../oci/image-spec.ts';
import { type FetchedManifest, MAXIMUM_MANIFEST_BYTES } from '../client/manifest.ts';
import type { ImageDestination, ImageSource } from './image-place.ts';
import { encodeLayoutIndex, layoutEntry, namedImage } from './layout-index.ts';
import { blobName, storedManifest } from './layout-place.ts';
import { verified } from './verified.ts';

/** Where a file's bytes lie in an archive. */
type Place = { offset: number; size: number };

const MAXIMUM_FILES = 100_000;
const SKIPPED = Buffer.alloc(1024 * 1024);

/**
 * An image in a tar of an OCI image layout, as `docker save`, skopeo and {@link archiveDestination} write it: read
 * where it lies, so it must not be compressed.
 * @throws EngineError invalid-parameter for what is no such archive
 */
export async function archiveSource(path: string, name: string | undefined): Promise<ImageSource> {
  const files = await filesOf(path);
  const placeOf = (file: string): Place => {
    const place = files.get(file);
    if (place === undefined) throw new EngineError('not-found', `${path} has no ${file}`);
    return place;
  };
  if (!files.has('index.json'))
    throw new EngineError(
      'invalid-parameter',
      `${path} is no archive of an OCI image layout: it has no index.json`,
    );
  const manifest = async (descriptor: Descriptor) =>
    storedManifest(await readSmall(path, placeOf(blobName(descriptor.digest))), descriptor);
  return {
    name,
    repository: undefined,
    async top() {
      const index = await readSmall(path, placeOf('index.json'));
      return manifest(namedImage(decodeIndex(index), name, path));
    },
    manifest,
    async *read(descriptor, start, end) {
      const { offset, size } = placeOf(blobName(descriptor.digest));
      if (end > size) throw new EngineError('data-loss', `${path} has ${size} bytes of ${descriptor.digest}`);
      if (start < end) yield* createReadStream(path, { start: offset + start, end: offset + end - 1 });
    },
  };
}

async function readSmall(path: string, { offset, size }: Place): Promise<Buffer> {
  if (size > MAXIMUM_MANIFEST_BYTES)
    throw new EngineError('invalid-parameter', `a manifest of ${size} bytes is too large`);
  if (size === 0) return Buffer.alloc(0);
  return Buffer.concat(await createReadStream(path, { start: offset, end: offset + size - 1 }).toArray());
}

/** What a plain tar holds, by name. Only headers are read: files are passed over. */
async function filesOf(path: string): Promise<Map<string, Place>> {
  const files = new Map<string, Place>();
  const found: TarEntry[] = [];
  const reader = new TarReader({
    entry: entry => void found.push(entry),
    data: () => undefined,
    end: () => undefined,
  });
  const file = await open(path);
  try {
    const block = Buffer.alloc(BLOCK_BYTES);
    for (let offset = 0; (await file.read(block, 0, BLOCK_BYTES, offset)).bytesRead === BLOCK_BYTES; ) {
      reader.write(block);
      offset += BLOCK_BYTES;
      const entry = found.pop();
      if (entry?.type !== 'file') continue;
      const { path: name, size, segments } = entry;
      if (segments !== undefined) throw new EngineError('invalid-parameter', `${path} has sparse files`);
      if (files.size >= MAXIMUM_FILES)
        throw new EngineError('invalid-parameter', `${path} has too many files`);
      files.set(name.replace(/^\.\//, ''), { offset, size });
      const stored = size + tarPadding(size).length;
      for (let skipped = 0; skipped < stored; skipped += SKIPPED.length)
        reader.write(SKIPPED.subarray(0, Math.min(SKIPPED.length, stored - skipped)));
      offset += stored;
    }
  } finally {
    await file.close();
  }
  return files;
}

/** Writes an archive of one image, which `docker load` takes; another file of that name is replaced when it is whole. */
export async function archiveDestination(path: string, name: string | undefined): Promise<ImageDestination> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(unfinished, 'wx');
  const written = new Set<string>();
  const add = async (
    entry: { path: string; size: number },
    bytes: AsyncIterable<Buffer> | Iterable<Buffer>,
  ) => {
    if (written.has(entry.path)) return;
    await addFile(file, entry, bytes);
    written.add(entry.path);
  };
  const addBuffer = (entryPath: string, data: Buffer) => add({ path: entryPath, size: data.length }, [data]);
  const putManifest = ({ digest, raw }: FetchedManifest) => addBuffer(blobName(digest), raw);
  return {
    // Its files come one after the other.
    width: 1,
    hasBlob: async ({ digest }) => written.has(blobName(digest)),
    putBlob: (descriptor, source) =>
      add(
        { path: blobName(descriptor.digest), size: descriptor.size },
        verified(descriptor, source.read(descriptor, 0, descriptor.size)),
      ),
    putManifest,
    async finish(top, source) {
      await putManifest(top);
      const index = encodeLayoutIndex([layoutEntry(top, name ?? source.name)]);
      await addBuffer('oci-layout', Buffer.from(OCI_LAYOUT));
      await addBuffer('index.json', Buffer.from(index));
      await file.writeFile(TAR_END);
      await file.sync();
      await rename(unfinished, path);
    },
    async close() {
      await file.close();
      await rm(unfinished, { force: true });
    },
  };
}

async function addFile(
  file: FileHandle,
  entry: { path: string; size: number },
  bytes: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> {
  await file.writeFile(encodeTarEntry(tarEntry({ ...entry, type: 'file' })));
  for await (const chunk of bytes) await file.writeFile(chunk);
  await file.writeFile(tarPadding(entry.size));
}
