import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { DistributionError } from '../distribution-error.ts';
import type { BlobFiles } from './blob-files.ts';
import type { RegistryRecords } from './records.ts';
import { Upload } from './upload.ts';

/** Unfinished ones are files and records: nobody gets to make as many as they like. */
const MAXIMUM_UPLOADS = 10_000;
const ID = /^[0-9a-f]{48}$/;

export type UploadOwner = { repository: string; owner: string };

/** Blobs on their way in. They outlive the process. */
export class Uploads {
  readonly #files: BlobFiles;
  readonly #records: RegistryRecords;
  readonly #open = new Map<string, Upload>();

  constructor(files: BlobFiles, records: RegistryRecords) {
    this.#files = files;
    this.#records = records;
  }

  /** Those that are not finished. */
  count(): number {
    const row = this.#records.database.prepare('SELECT count(*) AS count FROM uploads').get();
    return Number(row?.count);
  }

  /** @throws DistributionError TOOMANYREQUESTS */
  async start({ repository, owner }: UploadOwner): Promise<Upload> {
    const { database } = this.#records;
    const count = this.count();
    if (count >= MAXIMUM_UPLOADS)
      throw new DistributionError(
        'TOOMANYREQUESTS',
        `${count} uploads are unfinished: finish or cancel some`,
      );
    const id = randomBytes(24).toString('hex');
    const upload = new Upload({ id, repository, owner, path: this.#files.uploadPath(id) });
    this.#open.set(id, upload);
    database
      .prepare('INSERT INTO uploads (id, repository, owner, started_at_ms) VALUES (?, ?, ?, ?)')
      .run(id, repository, owner, Date.now());
    await (await open(upload.path, 'wx', 0o600)).close();
    return upload;
  }

  /**
   * One of this repository that this client has begun.
   * @throws DistributionError BLOB_UPLOAD_UNKNOWN for any other
   */
  async find(id: string, { repository, owner }: UploadOwner): Promise<Upload> {
    const upload = ID.test(id) ? (this.#open.get(id) ?? (await this.#resume(id))) : undefined;
    if (upload === undefined || upload.repository !== repository || upload.owner !== owner)
      throw new DistributionError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    return upload;
  }

  async #resume(id: string): Promise<Upload | undefined> {
    const row = this.#records.database.prepare('SELECT repository, owner FROM uploads WHERE id = ?').get(id);
    if (row === undefined) return undefined;
    const [repository, owner] = [row.repository as string, row.owner as string];
    const upload = new Upload({ id, repository, owner, path: this.#files.uploadPath(id) });
    if (!(await upload.resume())) {
      await this.end(upload);
      return undefined;
    }
    // Another request may have been quicker.
    return this.#open.getOrInsert(id, upload);
  }

  /** It is no more an upload: it has become content, or is not wanted. */
  async end(upload: Upload): Promise<void> {
    this.#open.delete(upload.id);
    this.#records.database.prepare('DELETE FROM uploads WHERE id = ?').run(upload.id);
    await upload.discard();
  }

  /** Ends those that nobody has written to for so long, and removes files that belong to none. */
  async removeStale(olderThanMs: number): Promise<number> {
    const before = Date.now() - olderThanMs;
    let count = 0;
    for (const name of readdirSync(this.#files.uploadPath(''))) {
      const path = this.#files.uploadPath(name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || found.mtimeMs > before) continue;
      count++;
      const upload = this.#open.get(name) ?? (ID.test(name) ? await this.#resume(name) : undefined);
      if (upload === undefined) await rm(path, { force: true });
      else await this.end(upload);
    }
    this.#forgetLost(before);
    return count;
  }

  /** Records whose files a crash has taken. */
  #forgetLost(beforeMs: number): void {
    const files = JSON.stringify(readdirSync(this.#files.uploadPath('')));
    this.#records.database
      .prepare('DELETE FROM uploads WHERE started_at_ms < ? AND id NOT IN (SELECT value FROM json_each(?))')
      .run(beforeMs, files);
  }
}
