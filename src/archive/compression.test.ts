import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { decompressed } from './compression.ts';

async function unpacked(archive: Buffer): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompressed(
    (async function* () {
      yield archive;
    })(),
  ))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Changes the size of the dictionary in the head of the first block (the .xz file format, 3.1 and 5.3.1). */
function withDictionary(archive: Buffer, sizeCode: number): Buffer {
  const start = 12;
  const size = (archive.readUInt8(start) + 1) * 4;
  const block = archive.subarray(start, start + size);
  const lzma2 = block.indexOf(Buffer.of(0x21, 1), 1);
  block.writeUInt8(sizeCode, lzma2 + 2);
  block.writeUInt32LE(crc32(block.subarray(0, size - 4)), size - 4);
  return archive;
}

test('an archive of xz that wants gigabytes of memory is refused', async () => {
  const make = () => execFileSync('xz', ['-c'], { input: 'content' });
  const [eightMebibytes, fourGibibytes] = [22, 40];
  assert.equal(await unpacked(withDictionary(make(), eightMebibytes)), 'content');
  await assert.rejects(unpacked(withDictionary(make(), fourGibibytes)), {
    kind: 'invalid-parameter',
    message: /Memory usage limit/,
  });
});
