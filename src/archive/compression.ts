import { spawn } from 'node:child_process';
import { Duplex, PassThrough } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { EngineError, errorCode } from '../base/errors.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** How many bytes {@link detectCompression} wants to see. */
export const DETECTION_BYTES = 6;

/** An archive says how much of what was unpacked is kept in memory: up to 4 GiB. `xz -9` makes it 64 MiB. */
const MAX_DICTIONARY_BYTES = 512 * 1024 * 1024;

/** The zlib default of 16 KiB costs two thirds of the speed. */
const CHUNK_BYTES = 256 * 1024;

const MAGIC: [Compression, Buffer][] = [
  ['gzip', Buffer.of(0x1f, 0x8b, 0x08)],
  ['zstd', Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
  ['xz', Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)],
  ['bzip2', Buffer.from('BZh')],
];

/** Tells from the first bytes of a stream. */
export function detectCompression(start: Buffer): Compression {
  const found = MAGIC.find(([, magic]) => start.subarray(0, magic.length).equals(magic));
  // A zstd stream may begin with a frame to be skipped (RFC 8878, 3.1.2).
  const skippable = start.length >= 4 && (start.readUInt32LE() & 0xfffffff0) >>> 0 === 0x184d2a50;
  return found?.[0] ?? (skippable ? 'zstd' : 'none');
}

/**
 * A stream that decompresses what is written to it. xz and bzip2 run in a child process, so they must not be
 * used in a thread that has a root directory of its own.
 */
export function createDecompressor(compression: Compression): Duplex {
  switch (compression) {
    case 'none':
      return new PassThrough();
    case 'gzip':
      return createGunzip({ chunkSize: CHUNK_BYTES });
    case 'zstd':
      return createZstdDecompress({ chunkSize: CHUNK_BYTES });
    case 'xz':
      return filterProgram(['xz', '-dc', `--memlimit-decompress=${MAX_DICTIONARY_BYTES}`], 'xz-utils');
    case 'bzip2':
      return filterProgram(['bzip2', '-dc'], 'bzip2');
  }
}

/** The bytes of `source`, decompressed if need be. Ending the iteration ends that of the source. */
export async function* decompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < DETECTION_BYTES) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    start = Buffer.concat([start, value]);
  }
  const rest = (async function* () {
    if (start.length > 0) yield start;
    for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) yield chunk;
  })();
  const compression = detectCompression(start);
  if (compression === 'none') yield* rest;
  else yield* throughDecompressor(rest, compression);
}

async function* throughDecompressor(
  source: AsyncGenerator<Buffer>,
  compression: Compression,
): AsyncGenerator<Buffer> {
  const decompressor = createDecompressor(compression);
  const feeding = feed(source, decompressor);
  try {
    for await (const chunk of decompressor) yield chunk as Buffer;
    await feeding;
  } catch (error) {
    throw await describe(error, feeding);
  }
}

async function feed(source: AsyncGenerator<Buffer>, target: Duplex): Promise<void> {
  try {
    for await (const chunk of source) {
      if (target.destroyed) return;
      if (!target.write(chunk)) await drained(target);
    }
    target.end();
  } catch (error) {
    target.destroy(error as Error);
  }
}

function drained(stream: Duplex): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

async function describe(error: unknown, feeding: Promise<void>): Promise<unknown> {
  await feeding;
  const code = errorCode(error) ?? '';
  if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(code)) return error;
  return new EngineError('invalid-parameter', `corrupt compressed archive: ${(error as Error).message}`, {
    cause: error,
  });
}

/** A command as a stream. It ends when the program has ended well. */
function filterProgram([program = '', ...args]: string[], debianPackage: string): Duplex {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const messages: Buffer[] = [];
  const stream = new Duplex({
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: done => void child.stdin.end(done),
    read: () => void child.stdout.resume(),
  });
  child.stdout.on('data', (data: Buffer) => {
    if (!stream.push(data)) child.stdout.pause();
  });
  child.stderr.on('data', (data: Buffer) => messages.push(data));
  // The program's own message, which comes later, says more than EPIPE.
  child.stdin.on('error', () => undefined);
  child.on('error', cause => {
    const hint = `Install it: apt-get install ${debianPackage}`;
    stream.destroy(new EngineError('unavailable', `${program} is needed to unpack this`, { cause, hint }));
  });
  child.on('close', code => {
    if (code === 0) stream.push(null);
    else stream.destroy(new EngineError('invalid-parameter', Buffer.concat(messages).toString().trim()));
  });
  stream.on('close', () => child.kill());
  return stream;
}
