import { createReadStream, statSync } from 'node:fs';
import { Agent, type ClientRequest, request } from 'node:http';

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

  /** Sends a file. @returns what is answered. @throws Error also for an error within the answer */
  async upload(path: string, file: string): Promise<string> {
    const answer = (
      await this.#exchange(
        {
          method: 'POST',
          path,
          headers: { 'Content-Type': 'application/x-tar', 'Content-Length': statSync(file).size },
        },
        call => createReadStream(file, { highWaterMark: 1 << 20 }).pipe(call),
      )
    ).toString();
    if (answer.includes('errorDetail')) throw new Error(`POST ${path}: ${answer}`);
    return answer;
  }

  /** A request without a body. @returns what is answered */
  async post(path: string, headers: Record<string, string>): Promise<string> {
    return (await this.#exchange({ method: 'POST', path, headers }, call => call.end())).toString();
  }

  /** All bytes of an answer. */
  download(path: string): Promise<Buffer> {
    return this.#exchange({ method: 'GET', path, headers: {} }, call => call.end());
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body?: string | Uint8Array, type = 'application/json') {
    const headers: Record<string, string | number> =
      body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
    return (await this.#exchange({ method, path, headers }, call => call.end(body))).toString();
  }

  async #exchange(
    options: { method: string; path: string; headers: Record<string, string | number> },
    send: (call: ClientRequest) => unknown,
  ): Promise<Buffer> {
    const { method, path } = options;
    return new Promise<Buffer>((resolve, reject) => {
      const call = request({ socketPath: this.#socketPath, agent: this.#agent, ...options }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const data = Buffer.concat(chunks);
          if ((response.statusCode ?? 500) < 400) resolve(data);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${data.toString()}`));
        });
      });
      call.on('error', reject);
      send(call);
    });
  }
}
