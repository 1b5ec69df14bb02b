import { join } from 'node:path';
import type { ReservedDatabase } from '../../../base/reserved-database.ts';
import { DistributionError } from '../distribution-error.ts';
import { BlobFiles } from './blob-files.ts';
import { type ContentDigest } from './content-digest.ts';
import { ContentLeases } from './content-leases.ts';
import { closeRegistryDatabase, openRegistryDatabase } from './database.ts';
import { DocumentCache } from './document-cache.ts';
import type { ManifestDocument, Named } from './manifest-document.ts';
import { type BlobRecord, type ManifestRecord, RegistryRecords } from './records.ts';
import type { Upload } from './upload.ts';
import { Uploads } from './uploads.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export type StoreOptions = {
  /** An absolute directory, made when missing. */
  root: string;
  /** How long content stays that a client was told is there, and no manifest names. */
  graceMs: number;
};

export type PushedManifest = {
  repository: string;
  digest: ContentDigest;
  raw: Buffer;
  document: ManifestDocument;
  tag: string | undefined;
  /** The registry that it comes from: what it names comes from there when it is asked for, and need not be here. */
  upstream?: string;
};

/** Repositories, with their manifests, tags and blobs, in one directory. What its methods have stored is on the disk. */
export class RegistryStore {
  readonly records: RegistryRecords;
  readonly files: BlobFiles;
  readonly leases: ContentLeases;
  readonly uploads: Uploads;
  readonly #databasePath: string;
  readonly #database: ReservedDatabase;
  readonly #log: WriteAheadLog;
  readonly #documents = new DocumentCache();
  #changes = 0;

  private constructor({ root, graceMs }: StoreOptions, files: BlobFiles) {
    this.files = files;
    this.#databasePath = join(root, 'registry.db');
    this.#database = openRegistryDatabase(this.#databasePath);
    this.#log = new WriteAheadLog(this.#databasePath);
    this.records = new RegistryRecords(this.#database);
    this.leases = new ContentLeases(graceMs, this.records);
    this.uploads = new Uploads(files, this.records);
  }

  /** The caller closes it. @throws EngineError conflict while it is open elsewhere */
  static async open(options: StoreOptions): Promise<RegistryStore> {
    const store = new RegistryStore(options, new BlobFiles(options.root));
    await store.files.emptyTrash();
    return store;
  }

  close(): void {
    this.#log.close();
    closeRegistryDatabase(this.#databasePath, this.#database);
  }

  /** Grows with everything that may make a manifest one that is to stay. */
  get changes(): number {
    return this.#changes + this.leases.begun;
  }

  /** Settles when every change so far is on the disk. */
  synced(): Promise<void> {
    return this.#log.sync();
  }

  /** A manifest's bytes, verified when they are read from the disk. @throws EngineError data-loss */
  async document({ digest }: BlobRecord): Promise<Buffer> {
    const known = this.#documents.get(digest);
    if (known !== undefined) return known;
    const data = await this.files.read(digest);
    this.#documents.keep(digest, data);
    return data;
  }

  /** Makes an upload a blob of its repository. @throws DistributionError DIGEST_INVALID: then it is gone */
  async finishUpload(upload: Upload, digest: ContentDigest): Promise<void> {
    using _held = this.leases.hold(digest);
    try {
      const { repository, path } = upload;
      await upload.finish(digest, sizeBytes => this.adoptBlob(path, { repository, digest, sizeBytes }));
    } catch (error) {
      if (error instanceof DistributionError && error.code === 'DIGEST_INVALID')
        await this.uploads.end(upload);
      throw error;
    }
    await this.uploads.end(upload);
  }

  /** Makes a file, which is whole and synced, a blob of a repository. */
  async adoptBlob(
    path: string,
    { repository, digest, sizeBytes }: BlobRecord & { repository: string },
  ): Promise<void> {
    using _held = this.leases.hold(digest);
    await this.files.adopt(path, digest);
    this.#database.transaction(() => {
      this.records.addBlob({ digest, sizeBytes });
      this.records.linkIn(this.records.addRepository(repository), digest);
      this.leases.begin(digest);
    });
    await this.synced();
  }

  /** Makes a blob that is here one of another repository, too. @returns false when it is not here */
  async mountBlob(repository: string, digest: ContentDigest): Promise<boolean> {
    const isHere = this.#database.transaction(() => {
      if (this.records.blob(digest) === undefined) return false;
      this.records.linkIn(this.records.addRepository(repository), digest);
      this.leases.begin(digest);
      return true;
    });
    if (isHere) await this.synced();
    return isHere;
  }

  /** A blob of a repository that a client is told of: it stays for a while, whatever becomes of it. */
  blobFor(repository: string, digest: ContentDigest): BlobRecord | undefined {
    const blob = this.records.linkedBlob(repository, digest);
    if (blob !== undefined) this.leases.renew(digest);
    return blob;
  }

  /**
   * Stores a manifest, and a tag for it.
   * @throws DistributionError MANIFEST_BLOB_UNKNOWN, MANIFEST_INVALID for what it names and is not here, or is here with another size
   */
  async putManifest({ repository, digest, raw, document, tag, upstream }: PushedManifest): Promise<void> {
    using _held = this.leases.hold(digest);
    // Before its bytes are written: what is refused leaves nothing behind.
    if (upstream === undefined) this.#checkNamed(repository, document);
    await this.files.write(digest, raw);
    const { mediaType, artifactType, subject, annotations, blobs, foreign, manifests } = document;
    this.#database.transaction(() => {
      if (upstream === undefined) this.#checkNamed(repository, document);
      const record: ManifestRecord = {
        digest,
        sizeBytes: raw.length,
        mediaType,
        artifactType,
        subject,
        annotations,
        pushedAtMs: Date.now(),
      };
      const children = [...blobs, ...foreign, ...manifests].map(named => named.digest);
      const isNew = this.records.repositoryId(repository) === undefined;
      const repositoryId = this.records.addRepository(repository);
      if (isNew && upstream !== undefined) this.records.setUpstream(repositoryId, upstream);
      this.records.addManifest(repositoryId, record, { children, tag });
      this.leases.begin(digest);
      this.#changes++;
    });
    this.#documents.keep(digest, raw);
    await this.synced();
  }

  #checkNamed(repository: string, { blobs, manifests }: ManifestDocument): void {
    for (const named of blobs) checkSize(named, this.records.linkedBlob(repository, named.digest));
    for (const named of manifests) checkSize(named, this.records.manifest(repository, named.digest));
  }

  /** With its tags. @returns whether it was there */
  async removeManifest(repository: string, digest: ContentDigest): Promise<boolean> {
    const wasThere = this.records.removeManifest(repository, digest);
    await this.synced();
    return wasThere;
  }

  /** @returns whether it was there */
  async removeTag(repository: string, tag: string): Promise<boolean> {
    const wasThere = this.records.removeTag(repository, tag);
    await this.synced();
    return wasThere;
  }

  /** From this repository; garbage collection takes the content away. @returns whether it was there */
  async unlinkBlob(repository: string, digest: ContentDigest): Promise<boolean> {
    const wasThere = this.records.unlink(repository, digest);
    await this.synced();
    return wasThere;
  }
}

function checkSize({ digest, sizeBytes }: Named, found: BlobRecord | undefined): void {
  if (found === undefined)
    throw new DistributionError('MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
  if (found.sizeBytes !== sizeBytes)
    throw new DistributionError(
      'MANIFEST_INVALID',
      `manifest invalid: ${digest} has ${found.sizeBytes} bytes, not ${sizeBytes}`,
      { detail: { digest } },
    );
}
