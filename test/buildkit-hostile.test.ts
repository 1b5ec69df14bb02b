/** Clients of BuildKit's protocol that send what no client sends: the daemon serves everybody else meanwhile. */
import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { GrpcClient } from '../src/builder/buildkit/grpc.ts';
import * as wire from '../src/builder/buildkit/messages.ts';
import { clientBuild, upgrade } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { Pinger } from './fixtures/pinger.ts';

let daemon: DaemonProcess;
before(async () => {
  daemon = await DaemonProcess.start();
  assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
});
after(() => daemon.dispose());
const socketPath = () => join(daemon.base, 'slipway.sock');
const grpc = () => upgrade(socketPath(), '/grpc', {});

const SOLVE = '/moby.buildkit.v1.Control/Solve';
const never = new AbortController().signal;

/** One frame of HTTP/2 (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0, Buffer.alloc(0))]);
/** Literal fields without indexing (RFC 7541, 6.2.2). */
const headers = (fields: [string, string][]) =>
  Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.of(0, name.length),
      Buffer.from(name),
      Buffer.of(value.length),
      Buffer.from(value),
    ]),
  );
const POST = headers([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/moby.buildkit.v1.Control/Info'],
  [':authority', 'x'],
]);

test('streams that are reset as soon as they begin do no harm', async () => {
  const connection = await grpc();
  connection.on('error', () => undefined).resume();
  const streams = Array.from({ length: 50 }, (_, index) => 2 * index + 1).map(stream =>
    Buffer.concat([frame(1, 4, stream, POST), frame(3, 0, stream, Buffer.of(0, 0, 0, 8))]),
  );
  connection.write(Buffer.concat([PREFACE, ...streams]));
  await new Promise(resolve => setTimeout(resolve, 300));
  connection.destroy();
  assert.equal(await daemon.text('GET', '/_ping'), 'OK');
});

test('a message is refused, whatever it says', async () => {
  const client = new GrpcClient(await grpc());
  const list = Buffer.alloc(16_000_000, Buffer.of(0x4a, 0));
  const pinger = await new Pinger(socketPath());
  await assert.rejects(client.unary(SOLVE, list, never));
  console.log(await pinger.longestMs()); await pinger.close();
  client.close();
});

test('small frames', async () => {
  const connection = await grpc();
  connection.on('error', () => undefined).resume();
  const data = Buffer.concat(Array.from({ length: 3000 }, () => frame(0, 0, 1, Buffer.alloc(1))));
  const start = Buffer.alloc(5);
  start.writeUInt32BE(16_000_000, 1);
  const pinger = await new Pinger(socketPath());
  const solve = headers([[':method', 'POST'], [':scheme', 'http'], [':path', SOLVE], [':authority', 'x']]);
  connection.write(Buffer.concat([PREFACE, frame(1, 4, 1, solve), frame(0, 0, 1, start)]));
  for (let at = 0; at < 900; at++) connection.write(frame(0, 0, 1, Buffer.alloc(16_000)));
  for (let at = 0; at < 20; at++) connection.write(data);
  await new Promise(resolve => setTimeout(resolve, 5000));
  console.log(await pinger.longestMs()); await pinger.close();
  connection.destroy();
});

for (const command of [String.raw`RUN ["\ud800"]`, String.raw`COPY ["\ud800", "/x"]`, String.raw`RUN --mount=type=secret,id=\ud800,required true`, String.raw`ENTRYPOINT ["\ud800"]`, String.raw`ADD ["http://127.0.0.1:1/\ud800", "/x"]`, String.raw`SHELL ["\ud800"]` + '\nRUN x', String.raw`WORKDIR /proc/x`+'\n'+String.raw`RUN ["/\ud800/x"]`, `FROM ${'x'.repeat(300_000)}`,`RUN exit 3 ${'#'.repeat(200_000)}`])
  test(`an error ${command.slice(0, 60)}`, async () => {
    console.log(await clientBuild(socketPath(), { directories: { dockerfile: { Dockerfile: `FROM busybox\n${command}\n` }, context: {} } }).then(() => 'built', error => String(error).slice(0,300)));
    assert.equal(await daemon.text('GET', '/_ping'), 'OK');
  });
