import { randomBytes } from 'node:crypto';
import { EngineError, messageOf } from '../../../base/errors.ts';
import { type Digest, isDigest } from '../../../base/digest.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import { ShortMemory } from '../../../base/short-memory.ts';
import { parseReference, type Reference } from '../../../oci/reference.ts';
import { downloadBlob } from '../../client/download-blob.ts';
import { RegistryError } from '../../client/registry-error.ts';
import type { RegistryOptions } from '../../client/registry-options.ts';
import { type Referrer, Repository } from '../../client/repository.ts';
import { Session } from '../../client/session.ts';
import { compareTags } from '../compare-tags.ts';
import { DistributionError } from '../distribution-error.ts';
import type { RegistryLogger } from '../registry-logger.ts';
import { ArrivingBlob } from '../storage/arriving-blob.ts';
import type { ContentDigest } from '../storage/content-digest.ts';
import { readManifestDocument } from '../storage/manifest-document.ts';
import type { ManifestRecord } from '../storage/records.ts';
import type { RegistryStore } from '../storage/registry-store.ts';
import { evictCached } from './evict-cached.ts';
import { type Upstream, upstreamOf } from '../upstreams.ts';

export type PullThroughOptions = {
  /** As they are at each request. */
  upstreams: () => readonly Upstream[];
  /** How upstreams are reached. */
  client: RegistryOptions;
  /** How long a tag is believed before the upstream is asked again. */
  freshMs: number;
  /** Whether no upstream is asked at all. */
  isOffline: boolean;
  /** What blobs from upstreams may take; 0: what there is. */
  maximumBytes: number;
  logger: RegistryLogger;
};

/** A tag or a digest. */
export type WantedManifest = { tag: string } | { digest: ContentDigest };

const NOTHING_KEPT_MS = 60_000;
const FAILURE_KEPT_MS = 15_000;
const KEPT_COUNT = 10_000;
const CONCURRENT_DOWNLOADS = 16;
const LISTS_KEPT_MS = 30_000;

/**
 * Repositories of other registries, kept here as they are asked for. A digest is for ever; a tag is asked for again, and
 * what was known of it is good enough while the upstream fails. What was pushed here is none of an upstream's.
 */
export class PullThrough {
  readonly #store: RegistryStore;
  readonly #options: PullThroughOptions;
  readonly #closing = new AbortController();
  /** One question, and one download, for all who wait for it. */
  readonly #asking = new Map<string, Promise<ManifestRecord | undefined>>();
  readonly #arriving = new Map<ContentDigest, ArrivingBlob>();
  readonly #downloads = new Set<Promise<void>>();
  readonly #places = new Semaphore(CONCURRENT_DOWNLOADS);
  /** What upstreams do not have, and what they have failed to say. */
  readonly #absent = new ShortMemory<true>({
    keptMs: NOTHING_KEPT_MS,
    maxCount: KEPT_COUNT,
    maxSize: KEPT_COUNT,
  });
  readonly #failures = new ShortMemory<unknown>({
    keptMs: FAILURE_KEPT_MS,
    maxCount: KEPT_COUNT,
    maxSize: KEPT_COUNT,
  });
  readonly #tagLists = new ShortMemory<string[]>({
    keptMs: LISTS_KEPT_MS,
    maxCount: 100,
    maxSize: 1_000_000,
  });
  /** Their size is that of their text. */
  readonly #referrers = new ShortMemory<readonly Referrer[]>({
    keptMs: LISTS_KEPT_MS,
    maxCount: KEPT_COUNT,
    maxSize: 16_000_000,
  });

  readonly #used = new ShortMemory<true>({
    keptMs: NOTHING_KEPT_MS,
    maxCount: KEPT_COUNT,
    maxSize: KEPT_COUNT,
  });

  constructor(store: RegistryStore, options: PullThroughOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Whether a repository is an upstream's. */
  isCached(repository: string): boolean {
    return this.#sourceOf(repository) !== undefined;
  }

  #sourceOf(repository: string) {
    const found = upstreamOf(this.#options.upstreams(), repository);
    if (found === undefined || (found.upstream.prefix === '' && this.#store.records.isPushed(repository)))
      return undefined;
    return found;
  }

  /** @throws DistributionError UNSUPPORTED where a repository is an upstream's: what is pushed there would hide it */
  refusePush(repository: string): void {
    const source = this.#sourceOf(repository);
    const isNew =
      source?.upstream.prefix === '' && this.#store.records.repositoryId(repository) === undefined;
    if (source !== undefined && !isNew)
      throw new DistributionError(
        'UNSUPPORTED',
        `${repository} is a copy of a repository of ${source.upstream.host}`,
      );
  }

  /**
   * What a repository of an upstream has; undefined where it has no such manifest.
   * @throws DistributionError DENIED, UNAVAILABLE, TOOMANYREQUESTS when that cannot be learnt, and nothing is known here
   */
  async manifest(repository: string, wanted: WantedManifest): Promise<ManifestRecord | undefined> {
    const known = this.#known(repository, wanted);
    if (known !== undefined && ('digest' in wanted || this.#isFresh(repository, wanted.tag))) return known;
    if (this.#options.isOffline) return known;
    const key = 'tag' in wanted ? `${repository}:${wanted.tag}` : `${repository}@${wanted.digest}`;
    if (this.#absent.get(key)) return undefined;
    const failure = this.#failures.get(key);
    if (failure !== undefined) return this.#fallBack(known, failure);
    try {
      return await this.#once(key, () => this.#fetchManifest(repository, { wanted, known, key }));
    } catch (error) {
      if (this.#closing.signal.aborted) throw error;
      this.#remember(key, error);
      return this.#fallBack(known, error);
    }
  }

  #known(repository: string, wanted: WantedManifest): ManifestRecord | undefined {
    const { records } = this.#store;
    return 'tag' in wanted
      ? records.taggedManifest(repository, wanted.tag)
      : records.manifest(repository, wanted.digest);
  }

  #isFresh(repository: string, tag: string): boolean {
    const checkedAtMs = this.#store.records.taggedAtMs(repository, tag) ?? 0;
    return Date.now() - checkedAtMs < this.#options.freshMs;
  }

  async #once(
    key: string,
    ask: () => Promise<ManifestRecord | undefined>,
  ): Promise<ManifestRecord | undefined> {
    const asking = this.#asking.getOrInsertComputed(key, () => ask().finally(() => this.#asking.delete(key)));
    return asking;
  }

  /** What was known is better than nothing, whatever the reason. */
  #fallBack(known: ManifestRecord | undefined, error: unknown): ManifestRecord {
    if (known !== undefined) return known;
    throw upstreamError(error);
  }

  #remember(key: string, error: unknown): void {
    this.#options.logger.error({ error }, `${key}: ${messageOf(error)}`);
    this.#failures.forget(key);
    this.#failures.keep(key, error, 1);
  }

  async #fetchManifest(
    repository: string,
    { wanted, known, key }: { wanted: WantedManifest; known: ManifestRecord | undefined; key: string },
  ): Promise<ManifestRecord | undefined> {
    try {
      return await this.#withRepository(repository, async (upstream, reference) => {
        const asked = referenceFor(reference, wanted);
        if (asked === undefined) return undefined;
        const found = asked.digest === undefined ? await upstream.resolve(asked) : { digest: asked.digest };
        const tag = 'tag' in wanted ? wanted.tag : undefined;
        const isHere = found.digest === known?.digest;
        const { raw, mediaType } = isHere
          ? { raw: await this.#store.document(known), mediaType: known.mediaType }
          : await upstream.manifest({ ...reference, digest: found.digest });
        const document = readManifestDocument(raw, mediaType);
        await this.#store.putManifest({
          repository,
          digest: found.digest,
          raw,
          document,
          tag,
          upstream: upstream.name,
        });
        return this.#known(repository, wanted);
      });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.kind !== 'not-found') throw error;
      if ('tag' in wanted && known !== undefined) await this.#store.removeTag(repository, wanted.tag);
      this.#absent.forget(key);
      this.#absent.keep(key, true, 1);
      return undefined;
    }
  }

  async #withRepository<T>(
    repository: string,
    task: (upstream: Repository, reference: Reference) => Promise<T>,
  ): Promise<T> {
    const source = this.#sourceOf(repository);
    if (source === undefined) throw new TypeError(`${repository} has no upstream`);
    const { credentials, host } = source.upstream;
    const reference = parseReference(`${host}/${source.path}`);
    const session = Session.open(this.#options.client, { credentials, signal: this.#closing.signal });
    try {
      return await task(await Repository.open(session, reference, ['resolve', 'pull']), reference);
    } finally {
      await session.close();
    }
  }

  /**
   * All tags of a repository of an upstream; undefined where those that are known here count: it is not there, or fails.
   * @throws DistributionError DENIED, UNAVAILABLE, TOOMANYREQUESTS when it fails, and none are known
   */
  async tags(repository: string): Promise<string[] | undefined> {
    const known = this.#tagLists.get(repository);
    if (known !== undefined) return known;
    if (this.#options.isOffline) return undefined;
    try {
      const tags = await this.#withRepository(repository, upstream => upstream.tags());
      tags.sort(compareTags);
      this.#tagLists.forget(repository);
      this.#tagLists.keep(repository, tags, tags.length);
      return tags;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const isAnswer =
        error.kind === 'not-found' || this.#store.records.repositoryId(repository) !== undefined;
      if (isAnswer) return undefined;
      throw upstreamError(error);
    }
  }

  /**
   * What refers to a manifest, as the upstream has it; undefined where what is known here counts.
   * @throws DistributionError DENIED, UNAVAILABLE, TOOMANYREQUESTS when it fails, and none is known: that there are none would be
   *   taken for the truth
   */
  async referrers(repository: string, subject: ContentDigest): Promise<readonly Referrer[] | undefined> {
    const key = `${repository}@${subject}`;
    const known = this.#referrers.get(key);
    if (known !== undefined || this.#options.isOffline || !isDigest(subject)) return known;
    try {
      const referrers = await this.#withRepository(repository, upstream => upstream.referrers(subject));
      this.#referrers.forget(key);
      this.#referrers.keep(key, referrers, JSON.stringify(referrers).length);
      return referrers;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const own = { artifactType: undefined, last: '', count: 1 };
      if (this.#store.records.referrers(repository, subject, own).length > 0) return undefined;
      throw upstreamError(error);
    }
  }

  /** Of a blob that a manifest of the repository names: nothing is fetched. */
  async blobSize(repository: string, digest: ContentDigest): Promise<number | undefined> {
    return this.#sizeOf(repository, digest);
  }

  /** A blob that a manifest of the repository names, on its way here; undefined where none does, or it is here now. */
  async blob(repository: string, digest: ContentDigest): Promise<ArrivingBlob | undefined> {
    const sizeBytes = await this.#sizeOf(repository, digest);
    if (sizeBytes === undefined || !isDigest(digest)) return undefined;
    // Another repository may have it. That it is this one's, too, its manifest says.
    if (this.#store.records.blob(digest)?.sizeBytes === sizeBytes) {
      await this.#store.mountBlob(repository, digest);
      return undefined;
    }
    if (this.#options.isOffline)
      throw upstreamError(new Error('it is not asked, as the registry is offline'));
    const arriving = this.#arriving.get(digest);
    if (arriving !== undefined && arriving.isOpen) return arriving;
    return this.#download(repository, digest, sizeBytes);
  }

  /** Of what is kept, what nobody has used for longest goes first. */
  use(digest: ContentDigest): void {
    const { maximumBytes } = this.#options;
    if (maximumBytes === 0 || this.#used.get(digest)) return;
    this.#used.keep(digest, true, 1);
    this.#store.records.touch(digest);
  }

  async #sizeOf(repository: string, digest: ContentDigest): Promise<number | undefined> {
    for (const manifest of this.#store.records.manifestsNaming(repository, digest)) {
      const { blobs, foreign } = readManifestDocument(
        await this.#store.document(manifest),
        manifest.mediaType,
      );
      const named = [...blobs, ...foreign].find(candidate => candidate.digest === digest);
      if (named !== undefined) return named.sizeBytes;
    }
    return undefined;
  }

  #download(repository: string, digest: Digest, sizeBytes: number): ArrivingBlob {
    const path = this.#store.files.uploadPath(`arriving-${randomBytes(16).toString('hex')}`);
    const arriving = new ArrivingBlob({ digest, sizeBytes, path });
    this.#arriving.set(digest, arriving);
    const download = this.#run(repository, arriving).finally(() => {
      if (this.#arriving.get(digest) === arriving) this.#arriving.delete(digest);
      this.#downloads.delete(download);
    });
    this.#downloads.add(download);
    return arriving;
  }

  async #run(repository: string, arriving: ArrivingBlob): Promise<void> {
    const { digest, sizeBytes, path } = arriving;
    using _held = this.#store.leases.hold(digest);
    try {
      await this.#places.run(this.#closing.signal, () =>
        this.#withRepository(repository, upstream =>
          downloadBlob(upstream, { digest, size: sizeBytes }, arriving),
        ),
      );
      await arriving.finish();
      await this.#store.adoptBlob(path, { repository, digest, sizeBytes });
      arriving.end('whole');
    } catch (error) {
      arriving.end('failed');
      if (this.#closing.signal.aborted) return;
      this.#options.logger.error({ error }, `${repository}@${digest}: ${messageOf(error)}`);
      return;
    }
    const { maximumBytes } = this.#options;
    if (maximumBytes > 0) await evictCached(this.#store, maximumBytes);
  }

  async close(): Promise<void> {
    this.#closing.abort(new EngineError('cancelled', 'context canceled'));
    await Promise.allSettled([...this.#downloads, ...this.#asking.values()]);
    for (const memory of [this.#absent, this.#failures, this.#tagLists, this.#referrers, this.#used])
      memory.clear();
  }
}

function referenceFor(reference: Reference, wanted: WantedManifest): Reference | undefined {
  if ('tag' in wanted) return { ...reference, tag: wanted.tag };
  return isDigest(wanted.digest) ? { ...reference, digest: wanted.digest } : undefined;
}

/**
 * Of an upstream that does not give it. That it may not be had, or does not exist (registries say the same of both), is
 * 403, whose words clients show, as they do not those of 503. 401 would have them ask for a password of this registry.
 */
function upstreamError(error: unknown): DistributionError {
  const message = `the upstream registry: ${messageOf(error)}`;
  const kind = error instanceof RegistryError ? error.kind : undefined;
  if (kind === 'forbidden' || kind === 'unauthorized')
    return new DistributionError('DENIED', message, { cause: error });
  const retryAfterMs = error instanceof RegistryError ? error.retryAfterMs : undefined;
  const seconds = Math.ceil((retryAfterMs ?? FAILURE_KEPT_MS) / 1000);
  const code = kind === 'resource-exhausted' ? 'TOOMANYREQUESTS' : 'UNAVAILABLE';
  return new DistributionError(code, message, { headers: { 'Retry-After': String(seconds) }, cause: error });
}
