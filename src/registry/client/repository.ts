import { type Digest, digestOf, isDigest } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { arrayOf, safeInteger, stringMap, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { type Descriptor, OCI_INDEX } from '../../oci/image-spec.ts';
import { familiarString, type Reference, repositoryOf } from '../../oci/reference.ts';
import { type Endpoint, endpointsOf, type Purpose } from './endpoints.ts';
import { type FetchedManifest, manifestIn, MANIFEST_TYPES, MAXIMUM_MANIFEST_BYTES } from './manifest.ts';
import { isUnreached, RegistryError } from './registry-error.ts';
import { discard, readUpTo, type RegistryResponse } from './registry-response.ts';
import type { Session } from './session.ts';

/** Limit for all pages together. */
const MAXIMUM_TAGS = 100_000;
const MAXIMUM_PAGES = 1000;
/** Of what refers to one manifest; more are passed over. */
const MAXIMUM_REFERRERS = 1000;
const MAXIMUM_PAGE_BYTES = 4 * 1024 * 1024;
/** A refusal of HEAD has no body that says why: GET, or what comes next, gets one. */
const UNEXPLAINED = [400, 403, 404, 405];
/** Besides them, refusals of a manifest whose reason the user is to read: too many pulls, legal reasons. */
const EXPLAINED_BY_GET = [...UNEXPLAINED, 409, 410, 413, 429, 451];
const ACCEPT = { accept: MANIFEST_TYPES.join(', ') };

/** What refers to something: an artifact, by its type. */
export type Referrer = Descriptor & { artifactType?: string };

const referrer = struct<
  Partial<Pick<Referrer, 'mediaType' | 'digest' | 'size' | 'artifactType' | 'annotations'>>
>('v1.Descriptor', {
  mediaType: text(),
  digest: text(),
  size: safeInteger('int64'),
  artifactType: text(),
  annotations: stringMap,
});
const referrerIndex = struct<{ manifests?: ReturnType<typeof referrer>[] }>('v1.Index', {
  manifests: arrayOf(referrer, '[]v1.Descriptor'),
});

function referrerList(value: unknown, path: string): Referrer[] {
  const { manifests = [] } = referrerIndex(value, path);
  return manifests.map(({ mediaType = '', digest = '', size = 0, ...rest }) => ({
    mediaType,
    digest,
    size,
    ...rest,
  }));
}

const tagList = struct<{ tags?: string[] }>('tags', { tags: arrayOf(text(), '[]string') });

/** A repository in a registry, at all of its endpoints. */
export class Repository {
  readonly session: Session;
  /** `library/busybox`. */
  readonly path: string;
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly #reference: Reference;
  readonly #unreached: WeakSet<Endpoint>;

  private constructor(
    session: Session,
    reference: Reference,
    { endpoints, unreached }: { endpoints: readonly Endpoint[]; unreached: WeakSet<Endpoint> },
  ) {
    this.session = session;
    this.#reference = reference;
    this.path = reference.path;
    this.name = repositoryOf(reference);
    this.endpoints = endpoints;
    this.#unreached = unreached;
  }

  /** Sends no request yet. @throws EngineError invalid-parameter for a malformed configuration */
  static async open(
    session: Session,
    reference: Reference,
    purposes: readonly Purpose[],
  ): Promise<Repository> {
    const endpoints = await endpointsOf(reference.domain, purposes, session.options);
    return new Repository(session, reference, { endpoints, unreached: new WeakSet() });
  }

  /** The same, for another operation on it. */
  within(session: Session): Repository {
    const { endpoints } = this;
    return new Repository(session, this.#reference, { endpoints, unreached: this.#unreached });
  }

  get hasMirrors(): boolean {
    return this.endpoints.some(({ isMirror }) => isMirror);
  }

  /** The same, without its mirrors. */
  withoutMirrors(): Repository {
    const endpoints = this.endpoints.filter(({ isMirror }) => !isMirror);
    return new Repository(this.session, this.#reference, { endpoints, unreached: this.#unreached });
  }

  /** The URL of a resource below an endpoint's base: `manifests/latest`. */
  urlAt(endpoint: Endpoint, resource: string): URL {
    return new URL(`${endpoint.base}/${this.path}/${resource}`);
  }

  scopes(...actions: string[]): string[] {
    return [`repository:${this.path}:${actions.join(',')}`];
  }

  /**
   * Has a task done by the first endpoint that can: a mirror that fails in any way, and a host that does not speak to
   * us, leave it to the next one.
   * @throws what the last of them said
   */
  async atSome<T>(task: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    const reachable = this.endpoints.filter(endpoint => !this.#unreached.has(endpoint));
    let last: unknown;
    for (const endpoint of reachable.length > 0 ? reachable : this.endpoints) {
      try {
        return await task(endpoint);
      } catch (error) {
        last = error;
        if (isUnreached(error)) this.#unreached.add(endpoint);
        else if (!endpoint.isMirror || !(error instanceof EngineError) || error.kind === 'cancelled')
          throw error;
      }
    }
    throw last ?? new RegistryError('not-found', `no endpoint of ${this.name} can do that`);
  }

  /**
   * What a tag or a digest means, without its content where the registry can tell it.
   * @throws RegistryError not-found
   */
  resolve(reference: Reference): Promise<Descriptor & { digest: Digest }> {
    const resource = `manifests/${reference.digest ?? reference.tag}`;
    return this.atSome(async endpoint => {
      const url = this.urlAt(endpoint, resource);
      const common = { url, headers: ACCEPT, scopes: this.scopes('pull'), accepts: [200] };
      const response = await this.#head(endpoint, common);
      const { 'docker-content-digest': digest = '', 'content-type': mediaType = '' } =
        response?.headers ?? {};
      const size = Number(response?.headers['content-length'] ?? 0);
      if (isDigest(digest) && MANIFEST_TYPES.includes(mediaType) && size > 0)
        return { mediaType, digest, size };
      const { raw, ...manifest } = await this.#manifestAt(endpoint, reference);
      return { mediaType: manifest.mediaType, digest: manifest.digest, size: raw.length };
    });
  }

  /** HEAD has no explanation of an error: undefined, so that GET gives one. */
  async #head(endpoint: Endpoint, request: Omit<Parameters<Session['send']>[1], 'method'>) {
    const accepts = [200, ...EXPLAINED_BY_GET];
    try {
      const response = await this.session.send(endpoint, { ...request, method: 'HEAD', accepts });
      await discard(response);
      return response.status === 200 ? response : undefined;
    } catch (error) {
      if (error instanceof RegistryError && error.status === 401 && error.kind === 'unauthorized')
        return undefined;
      throw error;
    }
  }

  /** @throws RegistryError not-found; data-loss when it does not verify; invalid-parameter for what is no manifest */
  manifest(reference: Reference): Promise<FetchedManifest> {
    return this.atSome(endpoint => this.#manifestAt(endpoint, reference));
  }

  /** What another manifest names. @throws as {@link manifest}; RegistryError data-loss for another size */
  async childManifest({ digest, size }: Descriptor): Promise<FetchedManifest> {
    if (!isDigest(digest))
      throw new RegistryError('invalid-parameter', `invalid checksum digest format: ${digest}`);
    if (size > MAXIMUM_MANIFEST_BYTES)
      throw new RegistryError('invalid-parameter', `a manifest of ${size} bytes is too large`);
    const { domain, path } = this.#reference;
    const manifest = await this.manifest({ domain, path, digest });
    const { length } = manifest.raw;
    if (length !== size)
      throw new RegistryError('data-loss', `manifest ${digest} has ${length} bytes, expected ${size}`);
    return manifest;
  }

  async #manifestAt(endpoint: Endpoint, reference: Reference): Promise<FetchedManifest> {
    const url = this.urlAt(endpoint, `manifests/${reference.digest ?? reference.tag}`);
    const request = {
      method: 'GET',
      url,
      headers: ACCEPT,
      scopes: this.scopes('pull'),
      accepts: [200],
    } as const;
    const response = await this.session.send(endpoint, request);
    return manifestIn(response, familiarString(reference), reference.digest);
  }

  /**
   * What refers to a manifest as its subject (distribution-spec, "Listing Referrers"), by the tag `sha256-HEX` where the
   * registry has no such list. Not more than a thousand.
   */
  referrers(digest: Digest): Promise<Referrer[]> {
    return this.atSome(async endpoint => {
      const referrers: Referrer[] = [];
      const seen = new Set<string>();
      for (let url: URL | undefined = this.urlAt(endpoint, `referrers/${digest}`); url !== undefined; ) {
        seen.add(url.href);
        const page = await this.#referrersPage(endpoint, url);
        // Where the first page is none, the registry has no such lists.
        if (page === undefined) return seen.size === 1 ? this.#taggedReferrers(endpoint, digest) : referrers;
        referrers.push(...page.referrers);
        const isOver = referrers.length >= MAXIMUM_REFERRERS || seen.has(page.next?.href ?? '');
        url = isOver ? undefined : page.next;
      }
      return referrers.slice(0, MAXIMUM_REFERRERS);
    });
  }

  async #referrersPage(
    endpoint: Endpoint,
    url: URL,
  ): Promise<{ referrers: Referrer[]; next: URL | undefined } | undefined> {
    const request = { url, headers: { accept: OCI_INDEX }, scopes: this.scopes('pull') };
    const accepts = [200, ...UNEXPLAINED];
    const response = await this.session.send(endpoint, { method: 'GET', ...request, accepts });
    const { 'content-type': type = '' } = response.headers;
    const isList = response.status === 200 && type.replace(/;.*$/s, '').trim() === OCI_INDEX;
    if (!isList) return discard(response).then(() => undefined);
    const page = await readUpTo(response, MAXIMUM_PAGE_BYTES);
    return { referrers: referrerList(parseGoJson(page.toString()), ''), next: nextPage(response) };
  }

  async #taggedReferrers(endpoint: Endpoint, digest: Digest): Promise<Referrer[]> {
    const { domain, path } = this.#reference;
    try {
      const { raw } = await this.#manifestAt(endpoint, { domain, path, tag: digest.replace(':', '-') });
      return referrerList(parseGoJson(raw.toString()), '');
    } catch (error) {
      if (error instanceof RegistryError && error.kind === 'not-found') return [];
      throw error;
    }
  }

  /** Whether a blob is there, and as large as it should be. */
  async hasBlob({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return this.atSome(async endpoint => {
      const url = this.urlAt(endpoint, `blobs/${digest}`);
      const scopes = this.scopes('pull', 'push');
      const response = await this.session.send(endpoint, {
        method: 'HEAD',
        url,
        scopes,
        accepts: [200, ...UNEXPLAINED],
      });
      await discard(response);
      const length = response.headers['content-length'];
      return response.status === 200 && (length === undefined || Number(length) === size);
    });
  }

  /** Stores a manifest under a tag or its digest. @throws RegistryError when the registry has made another one of it */
  async putManifest(name: string, raw: Buffer, mediaType: string): Promise<void> {
    await this.atSome(async endpoint => {
      const response = await this.session.send(endpoint, {
        method: 'PUT',
        url: this.urlAt(endpoint, `manifests/${name}`),
        headers: { 'content-type': mediaType },
        body: raw,
        scopes: this.scopes('pull', 'push'),
        accepts: [200, 201, 202],
      });
      await discard(response);
      const digest = response.headers['docker-content-digest'];
      if (digest !== undefined && digest !== digestOf(raw))
        throw new RegistryError('data-loss', `the registry has stored the manifest as ${digest}`);
    });
  }

  /** All tags, in the registry's order. @throws RegistryError not-found */
  tags(): Promise<string[]> {
    return this.atSome(async endpoint => {
      const tags: string[] = [];
      const seen = new Set<string>();
      for (let url: URL | undefined = this.urlAt(endpoint, 'tags/list'); url !== undefined; ) {
        seen.add(url.href);
        const request = { method: 'GET', url, scopes: this.scopes('pull'), accepts: [200] } as const;
        const response = await this.session.send(endpoint, request);
        const page = await readUpTo(response, MAXIMUM_PAGE_BYTES);
        tags.push(...(tagList(parseGoJson(page.toString()), 'tags').tags ?? []));
        if (tags.length > MAXIMUM_TAGS || seen.size > MAXIMUM_PAGES)
          throw new RegistryError('invalid-parameter', `${this.name} has more than ${MAXIMUM_TAGS} tags`);
        url = nextPage(response);
        if (url !== undefined && seen.has(url.href)) url = undefined;
      }
      return tags;
    });
  }
}

/** Where a list goes on, as its `Link` header (RFC 8288) has it: on the same origin; undefined where it ends. */
function nextPage({ headers, url }: Pick<RegistryResponse, 'headers' | 'url'>): URL | undefined {
  const link = (headers.link ?? '').slice(0, 8192);
  const target = /<([^<>]*)>\s*;[^<]*\brel\s*=\s*"?next"?/i.exec(link)?.[1];
  const next = target === undefined ? null : URL.parse(target, url);
  return next?.origin === url.origin ? next : undefined;
}
