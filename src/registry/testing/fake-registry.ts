import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { type Digest, digestOf } from '../../base/digest.ts';
import { type Descriptor, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../oci/image-spec.ts';

export type Seen = { method: string; url: string; headers: IncomingMessage['headers'] };

/** May answer a request itself: true then. For registries that misbehave. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export type FakeImage = { manifest: Descriptor & { digest: Digest }; config: Buffer; layers: Descriptor[] };

/** A registry in this process: the part of the distribution specification that clients need. */
export class FakeRegistry {
  readonly blobs = new Map<string, Buffer>();
  /** By `name:tag` and `name@digest`. */
  readonly manifests = new Map<string, { raw: Buffer; mediaType: string }>();
  readonly seen: Seen[] = [];
  intercept: Intercept = () => false;
  /** `user:password` for Basic authentication; '' for none. */
  password = '';
  /** Uploads under way. */
  readonly #uploads = new Map<string, Buffer[]>();
  readonly #server: Server;

  private constructor(tls: { cert: string; key: string } | undefined) {
    const listener: RequestListener = (request, response) =>
      // A client that goes in the middle of a request.
      void this.#answer(request, response).catch(() => response.destroy());
    this.#server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  }

  static async start(t: TestContext, tls?: { cert: string; key: string }): Promise<FakeRegistry> {
    const registry = new FakeRegistry(tls);
    await new Promise<void>(resolve => registry.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      registry.#server.close();
      registry.#server.closeAllConnections();
    });
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often something was asked for. */
  count(method: string, part: string): number {
    return this.seen.filter(seen => seen.method === method && seen.url.includes(part)).length;
  }

  addBlob(data: Buffer): Digest {
    const digest = digestOf(data);
    this.blobs.set(digest, data);
    return digest;
  }

  addManifest(name: string, document: object, mediaType = OCI_MANIFEST): Descriptor & { digest: Digest } {
    const raw = Buffer.from(JSON.stringify(document));
    const digest = digestOf(raw);
    const [repository = ''] = name.split(':');
    this.manifests.set(name, { raw, mediaType }).set(`${repository}@${digest}`, { raw, mediaType });
    return { mediaType, digest, size: raw.length };
  }

  /** @param diffIds of the layers, where they are compressed */
  addImage(
    name: string,
    layers: readonly Buffer[],
    { diffIds = layers.map(digestOf), ...more }: { diffIds?: string[]; architecture?: string } = {},
  ): FakeImage {
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        ...more,
        rootfs: { type: 'layers', diff_ids: diffIds },
      }),
    );
    const descriptors = layers.map(layer => ({
      mediaType: OCI_LAYER,
      digest: this.addBlob(layer),
      size: layer.length,
    }));
    const manifest = this.addManifest(name, {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, digest: this.addBlob(config), size: config.length },
      layers: descriptors,
    });
    return { manifest, config, layers: descriptors };
  }

  addIndex(name: string, manifests: readonly Descriptor[]): Descriptor & { digest: Digest } {
    return this.addManifest(name, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, url, headers });
    if (await this.intercept(request, response)) return;
    if (this.password !== '' && headers.authorization !== `Basic ${btoa(this.password)}`) {
      response.setHeader('WWW-Authenticate', 'Basic realm="fake"');
      return sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    const { pathname, searchParams } = new URL(url, 'http://fake');
    const [, name = '', resource = '', what = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|tags)\/?(.*)$/.exec(pathname) ?? [];
    switch (resource) {
      case 'manifests':
        return method === 'PUT'
          ? this.#putManifest(request, response, name, what)
          : this.#manifest(response, name, what);
      case 'blobs':
        return this.#blob(request, response, what);
      case 'blobs/uploads':
        return this.#upload(request, response, { name, id: what, searchParams });
      case 'tags': {
        const tags = [...this.manifests.keys()]
          .filter(key => key.startsWith(`${name}:`))
          .map(key => key.split(':')[1]);
        if (tags.length === 0)
          return sendRegistryError(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
        return void response
          .writeHead(200, { 'Content-Type': 'application/json' })
          .end(JSON.stringify({ name, tags }));
      }
      default:
        response.writeHead(pathname === '/v2/' ? 200 : 404, { 'Content-Type': 'application/json' }).end('{}');
    }
  }

  #manifest(response: ServerResponse, name: string, reference: string): void {
    const found = this.manifests.get(
      reference.includes(':') ? `${name}@${reference}` : `${name}:${reference}`,
    );
    if (found === undefined) return sendRegistryError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    response.writeHead(200, {
      'Content-Type': found.mediaType,
      'Content-Length': found.raw.length,
      'Docker-Content-Digest': digestOf(found.raw),
    });
    response.end(found.raw);
  }

  async #putManifest(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    tag: string,
  ): Promise<void> {
    const raw = await buffer(request);
    const mediaType = request.headers['content-type'] ?? '';
    if (!tag.includes(':')) this.manifests.set(`${name}:${tag}`, { raw, mediaType });
    this.manifests.set(`${name}@${digestOf(raw)}`, { raw, mediaType });
    response.writeHead(201, { 'Docker-Content-Digest': digestOf(raw) }).end();
  }

  #blob(request: IncomingMessage, response: ServerResponse, digest: string): void {
    const data = this.blobs.get(digest);
    if (data === undefined)
      return sendRegistryError(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const [, begin, last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const headers = { ETag: `"${digest}"`, 'Content-Type': 'application/octet-stream' };
    if (begin === undefined)
      return void response.writeHead(200, { ...headers, 'Content-Length': data.length }).end(data);
    const end = last === '' ? data.length : Math.min(Number(last) + 1, data.length);
    const part = data.subarray(Number(begin), end);
    const range = `bytes ${begin}-${end - 1}/${data.length}`;
    response.writeHead(206, { ...headers, 'Content-Range': range, 'Content-Length': part.length }).end(part);
  }

  async #upload(
    request: IncomingMessage,
    response: ServerResponse,
    { name, id, searchParams }: { name: string; id: string; searchParams: URLSearchParams },
  ): Promise<void> {
    const [mount, digest] = [searchParams.get('mount'), searchParams.get('digest')];
    if (request.method === 'POST' && mount !== null && this.blobs.has(mount))
      return void response.writeHead(201, { Location: `/v2/${name}/blobs/${mount}` }).end();
    const key = request.method === 'POST' ? `u${this.#uploads.size}` : id;
    const parts = this.#uploads.getOrInsert(key, []);
    parts.push(await buffer(request));
    const data = Buffer.concat(parts);
    if (digest === null)
      return void response
        .writeHead(202, {
          Location: `/v2/${name}/blobs/uploads/${key}?state=x`,
          Range: `0-${Math.max(data.length - 1, 0)}`,
        })
        .end();
    if (digestOf(data) !== digest)
      return sendRegistryError(
        response,
        400,
        'DIGEST_INVALID',
        'provided digest did not match uploaded content',
      );
    this.blobs.set(digest, data);
    response
      .writeHead(201, { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest })
      .end();
  }
}

/** As the specification has error bodies. */
export function sendRegistryError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
