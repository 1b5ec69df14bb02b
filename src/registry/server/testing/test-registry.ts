import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../../oci/image-spec.ts';
import { openRegistry, type RegistryServer, type RegistryServerOptions } from '../open-registry.ts';

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer; json: unknown };
export type Call = { headers?: OutgoingHttpHeaders; body?: Buffer | string };
export type Pushed = { digest: string; size: number };

export const sha256 = (data: Buffer | string) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
export const sha512 = (data: Buffer | string) => `sha512:${createHash('sha512').update(data).digest('hex')}`;

/** A registry of the test's own, and a client that hides nothing. */
export class TestRegistry {
  readonly root: string;
  server: RegistryServer;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(root: string, server: RegistryServer) {
    this.root = root;
    this.server = server;
  }

  static async start(t: TestContext, options: Partial<RegistryServerOptions> = {}): Promise<TestRegistry> {
    const root = options.root ?? mkdtempSync(join(tmpdir(), 'slipway-registry-'));
    const open = () => openRegistry({ listen: ['127.0.0.1:0'], ...options, root });
    const registry = new TestRegistry(root, await open());
    t.after(async () => {
      await registry.server.close(0);
      registry.#agent.destroy();
      rmSync(root, { recursive: true, force: true });
    });
    return registry;
  }

  /** Ends it, and begins anew on the same directory. */
  async restart(options: Partial<RegistryServerOptions> = {}): Promise<void> {
    await this.server.close(0);
    this.server = await openRegistry({ listen: ['127.0.0.1:0'], ...options, root: this.root });
  }

  get host(): string {
    return (this.server.addresses[0] ?? '').replace('tcp://', '');
  }

  /** @param line `GET /v2/` */
  async ask(line: string, { headers = {}, body }: Call = {}): Promise<Answer> {
    const [method = '', path = ''] = line.split(' ');
    const [host, port] = this.host.split(':');
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const request = httpRequest({ agent: this.#agent, host, port, method, path, headers }, response => {
      buffer(response).then(
        data =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: data,
            // Only of who asks: to look at 20 MB takes a second.
            get json() {
              return parsed(data);
            },
          }),
        reject,
      );
    });
    request.on('error', reject);
    request.end(body);
    return promise;
  }

  async pushBlob(repository: string, data: Buffer | string = randomBytes(100)): Promise<Pushed> {
    const digest = sha256(data);
    const answer = await this.ask(`POST /v2/${repository}/blobs/uploads/?digest=${digest}`, {
      headers: { 'content-length': data.length },
      body: data,
    });
    if (answer.status === 202) await this.ask(`PUT ${locationOf(answer)}?digest=${digest}`);
    else if (answer.status !== 201) throw new Error(`${answer.status} ${String(answer.body)}`);
    return { digest, size: data.length };
  }

  pushManifest(
    repository: string,
    reference: string,
    document: object,
    contentType?: string,
  ): Promise<Answer> {
    const { mediaType = OCI_MANIFEST } = document as { mediaType?: string };
    return this.ask(`PUT /v2/${repository}/manifests/${reference}`, {
      headers: { 'content-type': contentType ?? mediaType },
      body: JSON.stringify(document),
    });
  }

  /** Pushes an image of one layer; what `more` has goes into the manifest. */
  async pushImage(
    repository: string,
    reference: string,
    more: object = {},
  ): Promise<Pushed & { layer: Pushed; config: Pushed }> {
    const layer = await this.pushBlob(repository);
    const config = await this.pushBlob(
      repository,
      JSON.stringify({ architecture: 'amd64', os: 'linux', id: layer.digest }),
    );
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, ...config },
      layers: [{ mediaType: OCI_LAYER, ...layer }],
      ...more,
    };
    const raw = JSON.stringify(document);
    const answer = await this.pushManifest(repository, reference === '' ? sha256(raw) : reference, document);
    if (answer.status !== 201) throw new Error(`${answer.status} ${String(answer.body)}`);
    return { digest: sha256(raw), size: raw.length, layer, config };
  }
}

export function locationOf({ headers }: Answer): string {
  return headers.location ?? '';
}

export function codeOf({ json }: Answer): string | undefined {
  return (json as { errors?: { code: string }[] } | undefined)?.errors?.[0]?.code;
}

function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}
