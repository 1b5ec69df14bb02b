import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Digest, digestOf, hexOf, isDigest } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { type Index, OCI_LAYOUT } from '../oci.ts';
import { Ingest } from './ingest.ts';

/**
 * Content by digest, in a directory that is an OCI image layout: `oci-layout`, `index.json` and
 * `blobs/sha256/`. What is in `blobs` is whole: it was verified and synced before it got there.
 */
export class ContentStore {
  readonly root: string;
  readonly #blobs: string;
  readonly #ingests: string;

  /** Makes the directories, and throws away what an earlier process did not finish. */
  constructor(root: string) {
    this.root = root;
    this.#blobs = `${root}/blobs/sha256`;
    this.#ingests = `${root}/ingest`;
    rmSync(this.#ingests, { recursive: true, force: true });
    mkdirSync(this.#blobs, { recursive: true });
    mkdirSync(this.#ingests, { recursive: true });
    if (!existsSync(`${root}/oci-layout`)) replaceFile(`${root}/oci-layout`, OCI_LAYOUT);
  }

  pathOf(digest: Digest): string {
    return `${this.#blobs}/${hexOf(digest)}`;
  }

  has(digest: Digest): boolean {
    return existsSync(this.pathOf(digest));
  }

  /** @throws EngineError not-found */
  sizeOf(digest: Digest): number {
    const stat = statSync(this.pathOf(digest), { throwIfNoEntry: false });
    if (stat === undefined) throw notFound(digest);
    return stat.size;
  }

  /**
   * All of it, verified; for small content (manifests, configurations).
   * @throws EngineError not-found, data-loss
   */
  read(digest: Digest): Buffer {
    let data: Buffer;
    try {
      data = readFileSync(this.pathOf(digest));
    } catch (error) {
      throw errorCode(error) === 'ENOENT' ? notFound(digest) : error;
    }
    if (digestOf(data) !== digest)
      throw new EngineError('data-loss', `content ${digest} is damaged: it hashes to ${digestOf(data)}`);
    return data;
  }

  /** A descriptor; the caller closes it. @throws EngineError not-found */
  open(digest: Digest): number {
    try {
      return openSync(this.pathOf(digest), 'r');
    } catch (error) {
      throw errorCode(error) === 'ENOENT' ? notFound(digest) : error;
    }
  }

  /** New content, to be written; the caller commits or discards it. */
  ingest(): Ingest {
    return new Ingest(`${this.#ingests}/${randomBytes(12).toString('hex')}`, this.#blobs);
  }

  /** Small content at once, permanent on return. */
  async put(data: Uint8Array): Promise<Digest> {
    const ingest = this.ingest();
    try {
      ingest.write(data);
      await ingest.commit();
      return ingest.digest;
    } finally {
      ingest.discard();
    }
  }

  /** Idempotent. */
  remove(digest: Digest): void {
    rmSync(this.pathOf(digest), { force: true });
  }

  /** Everything there is. */
  digests(): Digest[] {
    return readdirSync(this.#blobs)
      .map(name => `sha256:${name}`)
      .filter(isDigest);
  }

  /** What other tools read to find the images. It can be derived again, so it is not synced. */
  writeIndex(index: Index): void {
    replaceFile(`${this.root}/index.json`, JSON.stringify(index));
  }
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

function notFound(digest: Digest): EngineError {
  return new EngineError('not-found', `content ${digest}: not found`);
}
