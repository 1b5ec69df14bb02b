import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { EngineError, messageOf } from '../base/errors.ts';
import type { AttachSession } from '../api/backend.ts';
import { httpStatus } from '../http/http-status.ts';
import type { Exchange } from './exchange.ts';

const RAW = 'application/vnd.docker.raw-stream';
const MULTIPLEXED = 'application/vnd.docker.multiplexed-stream';
/** The first byte of a frame that carries standard output. */
const STDOUT = 1;

/** The content type of a container's output as this client is to be told it (Docker's since API 1.42). */
export function outputType(exchange: Exchange, multiplexed: boolean): string {
  return multiplexed && exchange.atLeast('1.42') ? MULTIPLEXED : RAW;
}

/**
 * Hands the client's connection over to a session: from here on it carries raw bytes both ways. With an
 * `Upgrade` header the answer is `101 UPGRADED`, without one the older `200 OK`. What the client has sent
 * behind an upgrading request is read first; behind one of the older form it is lost, as it is with Docker.
 * Settles when the session has ended.
 */
export async function hijack(exchange: Exchange, session: AttachSession): Promise<void> {
  const connection = takeConnection(exchange);
  connection.on('error', () => connection.destroy());
  connection.write(head(exchange, session.multiplexed));
  try {
    await session.run(connection);
  } catch (error) {
    await endWithMessage(connection, `${messageOf(error)}\r\n`, session.multiplexed);
  }
}

/** Docker's form of an error in place of a stream: its text alone. */
export function refuseStream({ response }: Exchange, error: EngineError): void {
  const text = Buffer.from(`${error.message}\r\n`);
  response.writeHead(httpStatus(error), { 'Content-Type': RAW, 'Content-Length': text.length });
  response.end(text);
}

/**
 * Hands the client's connection over to what speaks HTTP/2 on it (`Upgrade: h2c`). Settles when that has ended.
 * @throws EngineError invalid-parameter where the client does not ask for it
 */
export async function hijackH2c(
  exchange: Exchange,
  serve: (connection: Duplex) => Promise<void>,
): Promise<void> {
  if (exchange.request.headers.upgrade !== 'h2c' || !exchange.upgraded)
    throw new EngineError('invalid-parameter', 'no upgrade: h2c proto in request');
  const connection = takeConnection(exchange);
  connection.on('error', () => connection.destroy());
  // HTTP/2 knows no connection that is open one way only: who closes has gone.
  connection.allowHalfOpen = false;
  connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  await serve(connection);
}

function head(exchange: Exchange, multiplexed: boolean): string {
  if (exchange.request.headers.upgrade === undefined)
    return `HTTP/1.1 200 OK\r\nContent-Type: ${RAW}\r\n\r\n`;
  const type = outputType(exchange, multiplexed);
  return `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;
}

/** Takes the connection away from node:http. */
export function takeConnection({ connection, request, response, upgraded }: Exchange): Duplex {
  const { socket } = request;
  response.detachSocket(socket);
  // An unfinished body keeps node:http between us and the socket. Clients announce a chunked one, never send it,
  // and go on with raw bytes.
  if (upgraded && request.complete) return connection;
  if (upgraded && request.headers['transfer-encoding'] === undefined) return connection;
  for (const event of ['data', 'end', 'drain', 'error', 'timeout', 'readable'])
    socket.removeAllListeners(event);
  socket.setTimeout(0);
  // node:http's parser reads the descriptor by itself until there is another listener.
  const noListener = () => {};
  socket.on('data', noListener).off('data', noListener);
  // Nothing is read until the session listens; then it flows by itself, as on a new socket.
  socket.pause();
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
  return socket;
}

/** Never rejects. */
export async function endWithMessage(connection: Duplex, message: string, framed: boolean): Promise<void> {
  if (connection.writable) {
    connection.end(framed ? frame(STDOUT, Buffer.from(message)) : message);
    if (!connection.writableFinished)
      await Promise.race([once(connection, 'finish'), once(connection, 'close')]);
  }
  connection.destroy();
}

function frame(stream: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}
