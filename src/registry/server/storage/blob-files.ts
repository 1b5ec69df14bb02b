import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EngineError, errorCode } from '../../../base/errors.ts';
import { makeDirectories } from '../../../base/make-directories.ts';
import { makePrivateDirectory } from '../../../base/private-files.ts';
import { OCI_LAYOUT } from '../../../oci/image-spec.ts';
import { algorithmOf, type ContentDigest, contentDigestOf, layoutPath } from './content-digest.ts';

/**
 * Content in a directory that is an OCI image layout (image-layout.md), as the graph's content directory is:
 *
 *     blobs/<algorithm>/<hex>   whole and synced before it got its name
 *     uploads/<id>              what is being written
 *     trash/                    what is being removed
 */
export class BlobFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    if (existsSync(`${root}/recipes`))
      throw new EngineError('conflict', `${root} is the content directory of an engine`, {
        hint: 'Give the registry a directory of its own; `--engine` serves the images of an engine.',
      });
    makePrivateDirectory(root);
    for (const name of ['blobs/sha256', 'blobs/sha512', 'uploads', 'trash'])
      makeDirectories(`${root}/${name}`, 0o700);
    if (!existsSync(`${root}/oci-layout`)) writeFileSync(`${root}/oci-layout`, OCI_LAYOUT, { mode: 0o600 });
    if (!existsSync(`${root}/index.json`))
      writeFileSync(`${root}/index.json`, '{"schemaVersion":2,"manifests":[]}', { mode: 0o600 });
  }

  pathOf(digest: ContentDigest): string {
    return `${this.root}/blobs/${layoutPath(digest)}`;
  }

  uploadPath(id: string): string {
    return `${this.root}/uploads/${id}`;
  }

  /**
   * For reading; the caller closes it. It stays readable through the handle whatever becomes of the file.
   * @throws EngineError data-loss when it is not there, or has another size
   */
  async open(digest: ContentDigest, sizeBytes: number): Promise<FileHandle> {
    const file = await open(this.pathOf(digest), 'r').catch((cause: unknown) => {
      throw errorCode(cause) === 'ENOENT' ? lost(digest, 'its file is gone') : cause;
    });
    try {
      const { size } = await file.stat();
      if (size !== sizeBytes) throw lost(digest, `it has ${size} bytes instead of ${sizeBytes}`);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** A small document, verified. @throws EngineError data-loss */
  async read(digest: ContentDigest): Promise<Buffer> {
    const data = await readFile(this.pathOf(digest)).catch((cause: unknown) => {
      throw errorCode(cause) === 'ENOENT' ? lost(digest, 'its file is gone') : cause;
    });
    if (contentDigestOf(data, algorithmOf(digest)) !== digest) throw lost(digest, 'its bytes have changed');
    return data;
  }

  /** Makes a small document permanent. Idempotent. */
  async write(digest: ContentDigest, data: Uint8Array): Promise<void> {
    if (await this.#isWhole(digest)) return;
    const path = this.uploadPath(`document-${randomBytes(16).toString('hex')}`);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(data);
        await file.datasync();
      } finally {
        await file.close();
      }
      await this.adopt(path, digest);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #isWhole(digest: ContentDigest): Promise<boolean> {
    try {
      await this.read(digest);
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'data-loss') return false;
      throw error;
    }
  }

  /** Gives a file that is whole and synced its name, permanent on return. */
  async adopt(path: string, digest: ContentDigest): Promise<void> {
    const target = this.pathOf(digest);
    renameSync(path, target);
    const directory = await open(dirname(target), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /**
   * It is gone on return; the space comes back later, since that takes long for what is large. Who reads it goes on.
   * Idempotent.
   */
  remove(digest: ContentDigest): void {
    const trash = `${this.root}/trash/${randomBytes(16).toString('hex')}`;
    try {
      renameSync(this.pathOf(digest), trash);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      return;
    }
    // What stays is removed when the trash is emptied.
    void rm(trash, { force: true }).catch(() => undefined);
  }

  /** What a crash has left half-removed. */
  async emptyTrash(): Promise<void> {
    for (const name of readdirSync(`${this.root}/trash`))
      await rm(`${this.root}/trash/${name}`, { recursive: true, force: true });
  }
}

function lost(digest: ContentDigest, reason: string): EngineError {
  return new EngineError('data-loss', `content ${digest} is damaged: ${reason}`);
}
