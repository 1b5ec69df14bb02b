import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerTo, attachOutput, type Call } from './canned-answers.ts';

/** A request as it is compared: no version, no order of parameters, no empty values. */
export type RecordedRequest = { line: string; body?: unknown };

export type FakeEngine = { requests: RecordedRequest[]; close(): Promise<void> };

/** An Engine API that records what it is asked and gives canned answers, on a unix socket. */
export async function startFakeEngine(socketPath: string): Promise<FakeEngine> {
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => void handle(request, response, requests));
  server.on('upgrade', (request, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    void handleUpgrade(request, socket, requests);
  });
  await new Promise<void>(resolve => {
    server.listen(socketPath, resolve);
  });
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { requests, close };
}

async function handle(request: IncomingMessage, response: ServerResponse, requests: RecordedRequest[]) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call = callOf(request, Buffer.concat(chunks).toString());
  record(call, requests);
  const { status, body, headers = {} } = answerTo(call);
  response.statusCode = status;
  response.setHeader('Api-Version', '1.51');
  response.setHeader('Ostype', 'linux');
  response.setHeader('Server', 'Docker/28.5.1 (linux)');
  response.setHeaders(new Map(Object.entries(headers)));
  if (body === undefined) return void response.end();
  if (typeof body !== 'string' || body.startsWith('{'))
    response.setHeader('Content-Type', 'application/json');
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function handleUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  requests: RecordedRequest[],
): Promise<void> {
  socket.on('error', () => undefined);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call = callOf(request, Buffer.concat(chunks).toString());
  record(call, requests);
  socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n');
  socket.write('Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  attachOutput(call, socket);
}

function callOf(request: IncomingMessage, text: string): Call {
  const url = new URL(`http://engine${request.url ?? '/'}`);
  const path = decodeURIComponent(url.pathname).replace(/^\/v1\.\d+/, '');
  return { method: request.method ?? '', path, query: url.searchParams, text };
}

function record({ method, path, query, text }: Call, requests: RecordedRequest[]): void {
  const parameters = [...query]
    .filter(([, value]) => value !== '' && value !== '{}')
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  const line = `${method} ${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  requests.push(text === '' ? { line } : { line, body: withoutEmpty(parsed(text)) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Fields that are sets: objects of which only the keys count. */
const SETS = new Set(['ExposedPorts', 'Volumes']);

function comparable(key: string, value: unknown): unknown {
  if (SETS.has(key)) return Object.keys(value ?? {}).sort();
  // Docker sends variables in no particular order.
  return key === 'Env' && Array.isArray(value) ? value.map(String).sort() : withoutEmpty(value);
}

/** Go writes every field, TypeScript those that are set: what means the same must compare equal. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, comparable(key, item)] as const)
    .filter(([, item]) => !isEmpty(item))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(item => item === 0);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}
