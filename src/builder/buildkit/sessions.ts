import { EngineError, errorCode } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { AuthConfig } from '../../api/types.ts';
import { writeAll } from '../../api/frames.ts';
import type { AgentSource } from '../build-request.ts';
import type { GrpcClient } from '../../buildkit/grpc.ts';
import {
  BYTES,
  CHECK_AGENT_REQUEST,
  CREDENTIALS_REQUEST,
  CREDENTIALS_RESPONSE,
  GET_SECRET_REQUEST,
  GET_SECRET_RESPONSE,
} from '../../buildkit/messages.ts';

/** What a client serves while its builds go on. */
export type Session = {
  client: GrpcClient;
  methods: ReadonlySet<string>;
  /** What it calls its directories from one build to the next; '' for nothing. */
  sharedKey: string;
};

const CHECK_AGENT = '/moby.sshforward.v1.SSH/CheckAgent';

/** A build may be asked for a moment before its session is there. */
const PATIENCE_MS = 5000;
/** What BuildKit calls Docker's own registry when it asks for credentials. */
const HUB_HOST = 'registry-1.docker.io';

/** The clients that are connected, by the ids that they give themselves. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Map<string, Set<(session: Session) => void>>();

  /** Settles when the session has ended. @throws EngineError conflict when there is one of that id */
  async serve(id: string, session: Session): Promise<void> {
    if (this.#sessions.has(id)) throw new EngineError('conflict', `session ${id} exists already`);
    this.#sessions.set(id, session);
    for (const resolve of this.#waiting.get(id) ?? []) resolve(session);
    await session.client.closed;
    this.#sessions.delete(id);
  }

  /** @throws EngineError not-found */
  async find(id: string, signal: AbortSignal): Promise<Session> {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<Session>();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    try {
      return await untilAborted(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]), promise);
    } catch (error) {
      signal.throwIfAborted();
      if ((error as Error).name !== 'TimeoutError') throw error;
      throw new EngineError('not-found', `no active session for ${id}: context deadline exceeded`);
    } finally {
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(id);
    }
  }

  close(): void {
    for (const { client } of this.#sessions.values()) client.close();
  }
}

/** What a client has on its standard input: `path` is of the URL that it has given for it. */
export async function* readUpload(
  { client }: Session,
  { host, pathname }: URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const call = client.call('/moby.upload.v1.Upload/Pull', { urlpath: [pathname], urlhost: [host] });
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for await (const response of call.responses) yield BYTES.decode(response).data;
    call.end();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Undefined where the client has none of that id. */
export async function getSecret(
  { client }: Session,
  id: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    const request = GET_SECRET_REQUEST.encode({ id });
    const answer = await client.unary('/moby.buildkit.secrets.v1.Secrets/GetSecret', request, signal);
    return Buffer.from(GET_SECRET_RESPONSE.decode(answer).data);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The SSH agents that a client forwards. */
export function agentsOf({ client, methods }: Session): AgentSource {
  return {
    async has(id, signal) {
      if (!methods.has(CHECK_AGENT) && !methods.has(CHECK_AGENT.slice(1))) return false;
      try {
        await client.unary(CHECK_AGENT, CHECK_AGENT_REQUEST.encode({ id }), signal);
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof EngineError && error.kind !== 'cancelled') return false;
        throw error;
      }
    },
    async connect(id, connection, signal) {
      const call = client.call('/moby.sshforward.v1.SSH/ForwardAgent', { 'buildkit.ssh.id': [id] });
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      const sent = (async () => {
        for await (const data of connection.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
          await call.send(BYTES.encode({ data }));
        call.end();
      })();
      sent.catch(cancel);
      try {
        for await (const response of call.responses)
          await writeAll(connection, Buffer.from(BYTES.decode(response).data));
      } finally {
        signal.removeEventListener('abort', cancel);
        connection.destroy();
        await sent.catch(() => undefined);
      }
    },
  };
}

/** What the client proves to a registry with; nothing where it has nothing. */
export async function getCredentials(
  { client }: Session,
  registry: string,
  signal: AbortSignal,
): Promise<AuthConfig> {
  try {
    const request = CREDENTIALS_REQUEST.encode({ host: registry === 'docker.io' ? HUB_HOST : registry });
    const answer = await client.unary('/moby.filesync.v1.Auth/Credentials', request, signal);
    const { username, secret } = CREDENTIALS_RESPONSE.decode(answer);
    if (secret === '') return {};
    return username === '' ? { identitytoken: secret } : { username, password: secret };
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    ['not-found', 'not-implemented'].includes(error.kind) &&
    errorCode(error) === undefined
  );
}
