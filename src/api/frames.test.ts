import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { copyFrames } from './frames.ts';

function frame(type: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

async function split(...chunks: Buffer[]): Promise<{ stdout: string; stderr: string }> {
  const result = { stdout: '', stderr: '' };
  const target = (name: 'stdout' | 'stderr') =>
    new Writable({
      highWaterMark: 4,
      write(chunk, _encoding, done) {
        result[name] += String(chunk);
        setImmediate(done);
      },
    });
  await copyFrames(Readable.from(chunks), target('stdout'), target('stderr'));
  return result;
}

test('frames go to the stream they name, however they are cut', async () => {
  const all = Buffer.concat([frame(1, 'out one\n'), frame(2, 'err\n'), frame(1, ''), frame(1, 'out two\n')]);
  const expected = { stdout: 'out one\nout two\n', stderr: 'err\n' };
  assert.deepEqual(await split(all), expected);
  for (const size of [1, 3, 9])
    assert.deepEqual(
      await split(
        ...Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
          all.subarray(n * size, (n + 1) * size),
        ),
      ),
      expected,
    );
});

test("the daemon's own error in a stream is thrown", async () => {
  await assert.rejects(split(frame(1, 'a'), frame(3, 'it broke')), /error from daemon in stream: it broke/);
});
