import type { AttachSession } from '../api/backend.ts';
import { EngineError, messageOf } from '../base/errors.ts';
import type { Exchange } from './exchange.ts';
import { endWithMessage, takeConnection } from './hijack.ts';

/** The longest message that a client may send: what is typed or pasted. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Pings of a client that reads no more than this behind have no answers, which would be kept for it without end. */
const MAX_UNREAD_BYTES = 64 * 1024;

/**
 * Hands the client's connection over to a session by WebSocket (RFC 6455): each message carries bytes, the server's are
 * binary (Docker's since API 1.28). Settles when the session has ended.
 * @throws EngineError invalid-parameter where the client does not ask for it; what `attach` throws
 */
export async function hijackWebSocket(
  exchange: Exchange,
  attach: () => Promise<AttachSession>,
): Promise<void> {
  const { request, upgraded } = exchange;
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || !upgraded)
    throw new EngineError('invalid-parameter', 'not websocket protocol');
  const [{ createWebSocketStream, WebSocketServer }, session] = await Promise.all([import('ws'), attach()]);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    autoPong: false,
  });
  const connection = takeConnection(exchange);
  const closed = new Promise<void>(resolve => connection.once('close', resolve));
  connection.on('error', () => connection.destroy());
  let isOpen = false;
  // What is wrong with the rest of the request it answers itself.
  server.handleUpgrade(request, connection, Buffer.alloc(0), socket => {
    isOpen = true;
    socket.on('ping', data => {
      if (socket.bufferedAmount < MAX_UNREAD_BYTES) socket.pong(data);
    });
    const client = createWebSocketStream(socket);
    client.on('error', () => client.destroy());
    void session.run(client).catch(error => endWithMessage(client, `${messageOf(error)}\r\n`, false));
  });
  if (!connection.destroyed) await closed;
  // A session has to be run to come to its end.
  if (!isOpen) await session.run(connection);
}
