/** Connections of clients that send anything, in any pieces, and leave at any moment: nothing of it is anybody else's matter. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { AttachSession } from '../api/backend.ts';
import { fakeServer } from './testing/fake-server.ts';

const HOST = 'Host: localhost\r\n';
const TCP = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const H2C = 'Connection: Upgrade\r\nUpgrade: h2c\r\n';
const JSON_BODY = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

const PIECES = [
  `GET /_ping HTTP/1.1\r\n${HOST}\r\n`,
  `POST /containers/c/wait HTTP/1.1\r\n${HOST}\r\n`,
  `POST /containers/c/attach HTTP/1.1\r\n${HOST}${TCP}\r\n`,
  `POST /containers/c/attach HTTP/1.1\r\n${HOST}\r\n`,
  `POST /containers/c/attach HTTP/1.1\r\n${HOST}${HOST}${TCP}\r\n`,
  `POST /containers/c/attach HTTP/1.1\r\n${HOST}${TCP}Transfer-Encoding: chunked\r\n\r\n`,
  `POST /containers/c/attach HTTP/1.1\r\n${HOST}${TCP}Content-Length: 10\r\n\r\n`,
  `POST /containers/c/attach HTTP/1.1\r\n${HOST}${TCP}Expect: 100-continue\r\n\r\n`,
  `POST /exec/e/start HTTP/1.1\r\n${HOST}${TCP}${JSON_BODY}`,
  `POST /exec/e/start HTTP/1.1\r\n${HOST}${JSON_BODY}`,
  `POST /grpc HTTP/1.1\r\n${HOST}${H2C}\r\n`,
  `POST /session HTTP/1.1\r\n${HOST}${H2C}\r\n`,
  `GET /containers/c/attach/ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  `PUT /containers/c/archive?path=/ HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`,
  `CONNECT c:1 HTTP/1.1\r\n${HOST}\r\n`,
  'POST /%zz HTTP/1.1\r\n',
  '5\r\nhello\r\n',
  'zz\r\n',
  '0\r\n\r\n',
  '\r\n\r\n',
  '\0\x01\xff rubbish',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

const ENDS: Record<string, (client: Socket) => unknown> = {
  end: client => client.end(),
  destroy: client => client.destroy(),
  reset: client => client.resetAndDestroy(),
};

const echo: AttachSession = {
  multiplexed: false,
  async run(client: Duplex) {
    client.on('data', chunk => client.write(chunk)).once('end', () => client.end());
    await once(client, 'close');
  },
};

const client = fc.record({
  pieces: fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 }),
  /** How many bytes are sent at a time, and how many of all of them. */
  step: fc.integer({ min: 1, max: 400 }),
  share: fc.double({ min: 0.3, max: 1, noNaN: true }),
  reads: fc.boolean(),
  end: fc.constantFrom(...Object.keys(ENDS)),
});

type Client = typeof client extends fc.Arbitrary<infer T> ? T : never;

async function misbehave(port: number, { pieces, step, share, reads, end }: Client) {
  const socket = dial({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (reads) socket.resume();
  const text = pieces.join('');
  const bytes = Buffer.from(text.slice(0, Math.ceil(text.length * share)), 'latin1');
  for (let at = 0; at < bytes.length && socket.writable; at += step) {
    socket.write(bytes.subarray(at, at + step));
    await turn();
  }
  ENDS[end]?.(socket);
  await turn();
  socket.destroy();
}

test('whatever comes on a connection, and however it ends, other connections are served', async context => {
  const { ask, server } = await fakeServer(
    context,
    {
      containerWait: async () => ({ status: new Promise(() => undefined) }),
      containerAttach: async () => {
        await turn();
        return echo;
      },
      execStart: async () => echo,
      containerExtract: async (_id, _path, content) => {
        for await (const _ of content) await turn();
      },
    },
    { tcp: true },
  );
  const port = Number(server.addresses[1]?.split(':').at(-1));
  await fc.assert(
    fc.asyncProperty(fc.array(client, { minLength: 1, maxLength: 4 }), async clients => {
      await Promise.all(clients.map(each => misbehave(port, each)));
      assert.equal((await ask('GET /_ping')).status, 200);
    }),
    { numRuns: 200 },
  );
});
