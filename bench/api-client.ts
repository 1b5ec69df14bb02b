import { Agent, request } from 'node:http';

/** Just enough of a client of the Engine API to time it: the same code for every engine measured. */
export class ApiClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  readonly #socketPath: string;

  /** @param host `unix:///path` */
  constructor(host: string) {
    this.#socketPath = host.replace(/^unix:\/\//, '');
  }

  /** The parsed answer. @throws Error for any status from 400 on */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = await this.#send(method, path, body === undefined ? undefined : JSON.stringify(body));
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text.split('\n')[0] ?? '') : text;
  }

  /** Sends a tar to /images/load. */
  async load(archive: Uint8Array): Promise<void> {
    await this.#send('POST', '/images/load', archive, 'application/x-tar');
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body?: string | Uint8Array, type = 'application/json') {
    const headers =
      body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
    return new Promise<string>((resolve, reject) => {
      const call = request(
        { socketPath: this.#socketPath, agent: this.#agent, method, path, headers },
        response => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if ((response.statusCode ?? 500) < 400) resolve(text);
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }
}
