import { Duplex } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import { type Call, GrpcClient } from '../../buildkit/grpc.ts';
import { BYTES } from '../../buildkit/messages.ts';
import type { Sessions } from './sessions.ts';

/** Serves a session whose connection is carried by a call (Control.Session), until it ends. */
export async function serveSession(sessions: Sessions, call: Call): Promise<void> {
  const id = String(call.headers['x-docker-expose-session-uuid'] ?? '');
  if (id === '') throw new EngineError('invalid-parameter', 'a session needs an id');
  const methods = [call.headers['x-docker-expose-session-grpc-method'] ?? []].flat();
  const list = methods.flatMap(value => value.split(', '));
  const connection = new CarriedConnection(call);
  try {
    const sharedKey = String(call.headers['x-docker-expose-session-sharedkey'] ?? '');
    await sessions.serve(id, { client: new GrpcClient(connection), methods: new Set(list), sharedKey });
  } finally {
    connection.destroy();
  }
}

/** The bytes of a call's messages, as a connection. */
class CarriedConnection extends Duplex {
  readonly #call: Call;
  readonly #requests: AsyncIterator<Buffer>;

  constructor(call: Call) {
    super();
    this.#call = call;
    this.#requests = call.requests[Symbol.asyncIterator]();
    call.signal.addEventListener('abort', () => this.destroy(), { once: true });
  }

  override _read(): void {
    this.#requests.next().then(
      ({ value, done }) => this.push(done === true ? null : Buffer.from(BYTES.decode(value).data)),
      error => this.destroy(error as Error),
    );
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#call.send(BYTES.encode({ data: chunk })).then(() => done(), done);
  }
}
