import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { answerRead } from './answer-read.ts';

test('an answer has been read when its client has taken it from the socket, or has gone', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-answer-'));
  const path = join(directory, 'socket');
  const server = createServer().listen(path);
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  const pair = async (): Promise<[Socket, Socket]> => {
    const client = connect({ path, onread: { buffer: Buffer.alloc(100), callback: () => true } }).pause();
    const [served] = (await once(server, 'connection')) as [Socket];
    sockets.push(client, served);
    return [client, served];
  };
  const [client, served] = await pair();
  await answerRead(served);
  await new Promise(resolve => served.write('HTTP/1.1 101 UPGRADED\r\n\r\n', resolve));
  let isRead = false;
  const read = answerRead(served).then(() => (isRead = true));
  for (let turns = 0; turns < 50; turns++) await turn();
  assert.equal(isRead, false);
  client.resume();
  await read;
  const [gone, left] = await pair();
  await new Promise(resolve => left.write('x', resolve));
  gone.destroy();
  left.destroy();
  await answerRead(left);
  await answerRead(new Duplex());
});
