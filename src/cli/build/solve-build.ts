import { randomUUID } from 'node:crypto';
import type { EngineClient } from '../../client/engine-client.ts';
import { GrpcClient, GrpcError, serveGrpc } from '../../buildkit/grpc.ts';
import * as wire from '../../buildkit/messages.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';
import type { Exporter } from './options/outputs.ts';
import { type SessionFiles, sessionMethods } from './session/serve-session.ts';

export type Status = MessageOf<typeof wire.STATUS_RESPONSE>;

export type SolveRequest = {
  attributes: Record<string, string>;
  exporters: readonly Exporter[];
  cacheImports: readonly Exporter[];
  cacheExports: readonly Exporter[];
  entitlements: readonly string[];
  files: SessionFiles;
  /** What the daemon knows this user's context by, from one build to the next. */
  sharedKey: string;
};

export type Solved = {
  ref: string;
  /** What is said of what was exported. */
  response: Record<string, string>;
  /** What the front end says of its result, or answers. */
  metadata: Record<string, Buffer>;
};

const H2C = { Connection: 'Upgrade', Upgrade: 'h2c' };
const CONTROL = '/moby.buildkit.v1.Control';
const BRIDGE = '/moby.buildkit.v1.frontend.LLBBridge';

/**
 * Has a build done over BuildKit's API, as buildx does, while a session serves the daemon what it asks for. Tells of what
 * goes on.
 * @throws EngineError as the daemon says; what it tells of the place is in GrpcError's details
 */
export async function solveBuild(
  client: EngineClient,
  request: SolveRequest,
  onStatus: (status: Status) => void,
): Promise<Solved> {
  const id = randomUUID();
  const methods = sessionMethods(request.files);
  const session = await client.hijack('/session', {
    headers: {
      ...H2C,
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'build',
      'X-Docker-Expose-Session-Sharedkey': request.sharedKey,
      'X-Docker-Expose-Session-Grpc-Method': Object.keys(methods),
    },
  });
  const served = serveGrpc(session, methods, () => undefined);
  try {
    const grpc = new GrpcClient(await client.hijack('/grpc', { headers: H2C }));
    try {
      return await new Solving(grpc, request, id).run(onStatus);
    } finally {
      grpc.close();
    }
  } finally {
    session.destroy();
    await served;
  }
}

class Solving {
  readonly #grpc: GrpcClient;
  readonly #request: SolveRequest;
  readonly #session: string;
  readonly #ref = randomUUID();
  readonly #signal = new AbortController().signal;

  constructor(grpc: GrpcClient, request: SolveRequest, session: string) {
    this.#grpc = grpc;
    this.#request = request;
    this.#session = session;
  }

  async run(onStatus: (status: Status) => void): Promise<Solved> {
    const watched = this.#watch(onStatus);
    watched.catch(() => undefined);
    const solved = this.#solve();
    // A build that is refused is over before there is a result.
    const refused = solved.then(() => new Promise<never>(() => undefined));
    refused.catch(() => undefined);
    try {
      const metadata = await Promise.race([this.#build(), refused]);
      return { ref: this.#ref, response: { ...(await solved) }, metadata };
    } finally {
      await Promise.allSettled([solved, watched]);
    }
  }

  async #solve(): Promise<Record<string, string>> {
    const { exporters, cacheExports, entitlements, attributes } = this.#request;
    const answer = await this.#call(`${CONTROL}/Solve`, wire.SOLVE_REQUEST, {
      ref: this.#ref,
      session: this.#session,
      oldExporter: exporters.length === 1 ? exporters[0]?.type : '',
      oldExporterAttributes: exporters.length === 1 ? exporters[0]?.attributes : {},
      exporters: [...exporters],
      entitlements: [...entitlements],
      cache: { exports: [...cacheExports] },
      internal: attributes.requestid !== undefined,
    });
    return wire.SOLVE_RESPONSE.decode(answer).exporterResponse;
  }

  /** What the client's own front end does: it asks the daemon's, and returns what that gives. */
  async #build(): Promise<Record<string, Buffer>> {
    const { attributes, cacheImports } = this.#request;
    const imports = cacheImports.map(({ type, attributes: own }) => ({ Type: type, Attrs: own }));
    const options: Record<string, string> =
      imports.length === 0 ? attributes : { ...attributes, 'cache-imports': JSON.stringify(imports) };
    try {
      const answer = await this.#call(`${BRIDGE}/Solve`, wire.BRIDGE_SOLVE_REQUEST, {
        frontend: 'dockerfile.v0',
        options,
        allowResultReturn: true,
        allowResultArrayRef: true,
        cacheImports: [...cacheImports],
      });
      const { result } = wire.BRIDGE_SOLVE_RESPONSE.decode(answer);
      await this.#call(`${BRIDGE}/Return`, wire.RETURN_REQUEST, { result });
      const metadata = Object.entries(result?.metadata ?? {});
      return Object.fromEntries(metadata.map(([key, value]) => [key, Buffer.from(value)]));
    } catch (error) {
      await this.#giveUp(error);
      throw error;
    }
  }

  async #giveUp(error: unknown): Promise<void> {
    const details = error instanceof GrpcError ? error.details : undefined;
    const status =
      details === undefined ? { code: 2, message: String(error) } : wire.RPC_STATUS.decode(details);
    const told = this.#call(`${BRIDGE}/Return`, wire.RETURN_REQUEST, { error: status });
    // The build may be over for another reason; this one is told anyway.
    await told.catch(() => undefined);
  }

  #call<F>(
    path: string,
    type: { encode(value: Partial<F>): Uint8Array },
    value: Partial<F>,
  ): Promise<Buffer> {
    const metadata: Record<string, string> = path.startsWith(BRIDGE)
      ? { 'buildkit-controlapi-buildid': this.#ref }
      : {};
    return this.#grpc.unary(path, type.encode(value), this.#signal, metadata);
  }

  async #watch(onStatus: (status: Status) => void): Promise<void> {
    const call = this.#grpc.call(`${CONTROL}/Status`);
    await call.send(wire.STATUS_REQUEST.encode({ ref: this.#ref }));
    call.end();
    for await (const response of call.responses) onStatus(wire.STATUS_RESPONSE.decode(response));
  }
}
