import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, errorCode } from '../../../base/errors.ts';
import { decodeIndex } from '../../../oci/decode-oci.ts';
import { IMAGE_NAME_ANNOTATION } from '../../../oci/image-spec.ts';
import { parseReference } from '../../../oci/reference.ts';
import { compareTags } from '../compare-tags.ts';
import { isRepositoryName } from '../repository-name.ts';
import {
  algorithmOf,
  type ContentDigest,
  contentDigestOf,
  isContentDigest,
  layoutPath,
} from '../storage/content-digest.ts';
import {
  MAXIMUM_MANIFEST_BYTES,
  type ManifestDocument,
  readManifestDocument,
} from '../storage/manifest-document.ts';
import type { RebuiltBlob, RebuiltBlobs } from './rebuilt-blobs.ts';

/** Of one repository: indexes within indexes and their manifests. */
const MAXIMUM_DOCUMENTS = 10_000;
const MAXIMUM_INDEX_BYTES = 64 * 1024 * 1024;

export type LayoutManifest = { digest: ContentDigest; mediaType: string; raw: Buffer };
/** A file that is in the layout. */
export type LayoutBlob = { digest: ContentDigest; sizeBytes: number; path: string };

type Tags = Map<string, ContentDigest>;
type Contents = { manifests: Map<ContentDigest, string>; blobs: Set<ContentDigest> };

/**
 * The images of an engine, or of any other that keeps an OCI image layout with names in it, where they are: nothing is
 * copied, and changes are seen at once. Repositories are called what their images are (`docker.io/library/busybox`), and
 * also without the registry's name (`library/busybox`, `busybox`).
 */
export class LayoutImages {
  readonly #directory: string;
  readonly #rebuilt: RebuiltBlobs | undefined;
  #repositories = new Map<string, Tags>();
  #contents = new Map<string, Promise<Contents>>();
  #state = '';

  /**
   * @param directory an image layout: of an engine, `graph/content` in its data root
   * @param rebuilt what is not in it any more, but can be made again
   */
  constructor(directory: string, rebuilt?: RebuiltBlobs) {
    this.#directory = directory;
    this.#rebuilt = rebuilt;
  }

  /** Names, the longer forms only. */
  async repositories(): Promise<string[]> {
    await this.#refresh();
    const names = [...this.#repositories.keys()];
    const tags = (name: string) => this.#repositories.get(name);
    return names.filter(
      name => !names.some(other => other.endsWith(`/${name}`) && tags(other) === tags(name)),
    );
  }

  /** In lexical order. */
  async tags(repository: string): Promise<string[] | undefined> {
    await this.#refresh();
    const tags = this.#repositories.get(repository);
    return tags && [...tags.keys()].toSorted(compareTags);
  }

  async manifest(
    repository: string,
    wanted: { tag: string } | { digest: ContentDigest },
  ): Promise<LayoutManifest | undefined> {
    await this.#refresh();
    const digest = 'tag' in wanted ? this.#repositories.get(repository)?.get(wanted.tag) : wanted.digest;
    if (digest === undefined || !(await this.#contentsOf(repository)).manifests.has(digest)) return undefined;
    return this.#read(digest);
  }

  async blob(repository: string, digest: ContentDigest): Promise<LayoutBlob | RebuiltBlob | undefined> {
    await this.#refresh();
    if (!(await this.#contentsOf(repository)).blobs.has(digest)) return undefined;
    const path = this.#pathOf(digest);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return this.#rebuilt?.find(digest);
    return { digest, sizeBytes: found.size, path };
  }

  #pathOf(digest: ContentDigest): string {
    return join(this.#directory, 'blobs', layoutPath(digest));
  }

  /** Reads the names again where they have changed. */
  async #refresh(): Promise<void> {
    const path = join(this.#directory, 'index.json');
    const { ino, size, mtimeNs } = await stat(path, { bigint: true }).catch(missing(path));
    const state = `${ino} ${size} ${mtimeNs}`;
    if (state === this.#state) return;
    if (size > MAXIMUM_INDEX_BYTES) throw new EngineError('system', `${path} is too large`);
    const repositories = namesIn(await readFile(path));
    this.#state = state;
    this.#repositories = repositories;
    this.#contents = new Map();
  }

  /** What a repository's tags lead to, read when it is first asked for. */
  #contentsOf(repository: string): Promise<Contents> {
    return this.#contents.getOrInsertComputed(repository, () => this.#walk(repository));
  }

  async #walk(repository: string): Promise<Contents> {
    const contents: Contents = { manifests: new Map(), blobs: new Set() };
    const pending = [...(this.#repositories.get(repository)?.values() ?? [])];
    for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
      if (contents.manifests.has(digest) || contents.manifests.size >= MAXIMUM_DOCUMENTS) continue;
      const found = await this.#read(digest);
      if (found === undefined) continue;
      contents.manifests.set(digest, found.mediaType);
      const { blobs, foreign, manifests } = documentOf(found.raw);
      for (const named of [...blobs, ...foreign]) contents.blobs.add(named.digest);
      pending.push(...manifests.map(named => named.digest));
    }
    return contents;
  }

  /** Undefined for what is not there, or damaged. */
  async #read(digest: ContentDigest): Promise<LayoutManifest | undefined> {
    const path = this.#pathOf(digest);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.size > MAXIMUM_MANIFEST_BYTES) return undefined;
    const raw = await readFile(path);
    if (contentDigestOf(raw, algorithmOf(digest)) !== digest) return undefined;
    return { digest, raw, mediaType: documentOf(raw).mediaType };
  }
}

/** What is no manifest names nothing. */
function documentOf(raw: Buffer): ManifestDocument {
  try {
    return readManifestDocument(raw, '');
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const nothing = { subject: undefined, annotations: undefined, blobs: [], foreign: [], manifests: [] };
    return { ...nothing, mediaType: 'application/octet-stream', artifactType: '' };
  }
}

function missing(path: string) {
  return (cause: unknown): never => {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new EngineError('not-found', `there is no image layout: ${path} is missing`, { cause });
  };
}

/** By each of their names. */
function namesIn(raw: Buffer): Map<string, Tags> {
  const repositories = new Map<string, Tags>();
  const whole = new Map<string, Tags>();
  for (const { digest, annotations } of decodeIndex(raw)) {
    const name = annotations?.[IMAGE_NAME_ANNOTATION];
    if (name === undefined || !isContentDigest(digest)) continue;
    const { domain, path, tag } = parseReference(name);
    if (tag === undefined) continue;
    const tags = whole.getOrInsertComputed(`${domain}/${path}`, () => new Map());
    tags.set(tag, digest);
    for (const known of [`${domain}/${path}`, path, path.replace(/^library\//, '')])
      if (isRepositoryName(known)) repositories.getOrInsert(known, tags);
  }
  return repositories;
}
