import { spawn } from 'node:child_process';
import { fstatSync, readSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { createGzip, createInflateRaw, constants } from 'node:zlib';
import { EngineError } from '../../base/errors.ts';
import type { GzipMaker, RecipeCompression } from './recipe.ts';

/** How much of the compressed file is compared, in steps. */
const SAMPLES_BYTES = [64 * 1024, 1024 * 1024, 8 * 1024 * 1024];
/** Without a name or other fields (RFC 1952, 2.3.1). */
const PLAIN_HEADER_BYTES = 10;
const [FHCRC, FEXTRA, FNAME, FCOMMENT] = [2, 4, 8, 16] as const;

type Gzip = Extract<RecipeCompression, { kind: 'gzip' }>;

/**
 * Looks for the compressor that has made a gzip file: GNU gzip, whose output has not changed in decades, or Node's
 * zlib. What Go's compress/gzip and others make cannot be made again here.
 * @returns those that make the same bytes from the file's beginning, as far as that was looked at
 */
export async function findGzipMakers(fd: number): Promise<Gzip[]> {
  const { size } = fstatSync(fd);
  let makers: GzipMaker[] | undefined;
  let header: Buffer = Buffer.alloc(0);
  // What cannot be compressed looks alike for all: then more of the file has to be looked at.
  for (const sampleBytes of SAMPLES_BYTES) {
    const start = Buffer.alloc(Math.min(sampleBytes, size));
    const sample = start.subarray(0, readSync(fd, start, 0, start.length, 0));
    header = sample.subarray(0, headerLength(sample) ?? 0);
    if (header.length === 0) return [];
    makers = await thatMake(sample.subarray(header.length), size <= sampleBytes, makers ?? makersOf(header));
    if (makers.length <= 1 || size <= sampleBytes) break;
  }
  return (makers ?? []).map(maker => ({ kind: 'gzip', header: header.toString('base64'), maker }));
}

async function thatMake(wanted: Buffer, isWhole: boolean, makers: GzipMaker[]): Promise<GzipMaker[]> {
  const data = await inflateStart(wanted);
  const found: GzipMaker[] = [];
  for (const maker of makers) {
    const made = await buffer(gzipBody(Readable.from([data]), maker)).catch(() => undefined);
    if (made !== undefined && isSame(made, wanted, isWhole)) found.push(maker);
  }
  return found;
}

/** What makes a recipe's gzip file of the tar in it. Fails as the source or the compressor does. */
export async function* gzipped(source: Readable, { header, maker }: Gzip): AsyncGenerator<Buffer> {
  yield Buffer.from(header, 'base64');
  yield* gzipBody(source, maker);
}

/** Without the header, which is the maker's own. */
async function* gzipBody(source: Readable, maker: GzipMaker): AsyncGenerator<Buffer> {
  let skip = PLAIN_HEADER_BYTES;
  for await (const chunk of maker.program === 'gzip'
    ? throughGzip(source, maker.level)
    : throughZlib(source, maker)) {
    const rest = (chunk as Buffer).subarray(skip);
    skip -= Math.min(skip, (chunk as Buffer).length);
    if (rest.length > 0) yield rest;
  }
}

function throughZlib(source: Readable, { level, memLevel }: { level: number; memLevel: number }): Readable {
  const gzip = createGzip({ level, memLevel });
  source.on('error', error => gzip.destroy(error));
  return source.pipe(gzip);
}

async function* throughGzip(source: Readable, level: number): AsyncGenerator<Buffer> {
  const child = spawn('gzip', ['-n', '-c', `-${level}`], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', cause =>
      reject(
        new EngineError('unavailable', 'gzip is needed to rebuild content', { cause, hint: 'Install gzip.' }),
      ),
    );
    child.once('close', code => (code === 0 ? resolve() : reject(new Error(`gzip ended with ${code}`))));
  });
  ended.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  source.once('error', error => child.stdout.destroy(error));
  source.pipe(child.stdin);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await ended;
  } finally {
    child.kill();
  }
}

/** Likely ones first: the header tells of the fastest and the best level (RFC 1952, 2.3.1, XFL). */
function makersOf(header: Buffer): GzipMaker[] {
  const flag = header[8];
  const levels = flag === 2 ? [9, 8] : flag === 4 ? [1, 2] : [6, 5, 7, 4, 3, 8, 2, 9, 1];
  const { zlib: version } = process.versions;
  return [
    ...levels.map(level => ({ program: 'gzip' as const, level })),
    ...[8, 9].flatMap(memLevel =>
      levels.map(level => ({ program: 'zlib' as const, version, level, memLevel })),
    ),
  ];
}

/** Undefined when it is no gzip, or has a header that is longer than the sample. */
function headerLength(data: Buffer): number | undefined {
  if (data.length < PLAIN_HEADER_BYTES || data.readUInt16BE() !== 0x1f8b || data[2] !== 8) return undefined;
  const flags = data[3] as number;
  let length = PLAIN_HEADER_BYTES;
  if (flags & FEXTRA) length += 2 + (length + 2 <= data.length ? data.readUInt16LE(length) : data.length);
  for (const field of [FNAME, FCOMMENT]) {
    if (!(flags & field)) continue;
    const end = data.indexOf(0, length);
    if (end < 0) return undefined;
    length = end + 1;
  }
  if (flags & FHCRC) length += 2;
  return length < data.length ? length : undefined;
}

/** As much as can be decompressed of a deflate stream that is cut off. */
async function inflateStart(data: Buffer): Promise<Buffer> {
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  inflate.end(data);
  return buffer(inflate).catch(() => Buffer.alloc(0));
}

/** The end of a part is compressed in another way than the same bytes in the midst of the whole. */
function isSame(made: Buffer, wanted: Buffer, isWhole: boolean): boolean {
  if (isWhole) return made.equals(wanted);
  const length = Math.min(made.length, wanted.length) >> 1;
  return length > 0 && made.compare(wanted, 0, length, 0, length) === 0;
}
