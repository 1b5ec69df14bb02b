import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { encodePax } from './pax.ts';
import { type TarEntry, tarEntry } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';
import { encodeTarEntry, TAR_END, tarPadding } from './tar-writer.ts';

type Read = { entry: TarEntry; content: Buffer };

/** All entries with their content, holes filled, the archive fed in chunks of `step` bytes. */
function readAll(archive: Buffer, step = archive.length): Read[] {
  const entries: Read[] = [];
  const reader = new TarReader({
    entry: entry => void entries.push({ entry, content: Buffer.alloc(Math.min(entry.size, 2 ** 20)) }),
    data: (chunk, offset) => void chunk.copy(entries.at(-1)?.content as Buffer, offset),
    end: () => undefined,
  });
  for (let position = 0; position < archive.length; position += step)
    reader.write(archive.subarray(position, position + step));
  reader.finish();
  return entries;
}

function archiveOf(...files: [TarEntry, string | Buffer][]): Buffer {
  return Buffer.concat([
    ...files.flatMap(([entry, data]) => [encodeTarEntry(entry), Buffer.from(data), tarPadding(data.length)]),
    TAR_END,
  ]);
}

function file(
  path: string,
  data: string | Buffer,
  more: Partial<TarEntry> = {},
): [TarEntry, string | Buffer] {
  return [tarEntry({ path, size: data.length, ...more }), data];
}

test('a plain entry is the ustar header of POSIX to the byte', () => {
  const header = encodeTarEntry(tarEntry({ path: 'a', size: 3, mtimeNs: 1_000_000_000n, uid: 1, gid: 2 }));
  const expected = Buffer.alloc(512);
  const fields: [number, string][] = [
    [0, 'a'],
    [100, '0000644\0'],
    [108, '0000001\0'],
    [116, '0000002\0'],
    [124, '00000000003\0'],
    [136, '00000000001\0'],
    [148, '007156\0 '],
    [156, '0'],
    [257, 'ustar\x0000'],
    [329, '0000000\0'],
    [337, '0000000\0'],
  ];
  for (const [offset, text] of fields) expected.write(text, offset, 'latin1');
  const sum =
    expected.reduce((total, byte) => total + byte, 0) - Buffer.from('007156\0 ').reduce((a, b) => a + b, 0);
  expected.write(`${(sum + 8 * 32).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  assert.deepEqual(header, expected);
});

test('a PAX header holds exactly what ustar cannot', () => {
  const [pax, header] = splitBlocks(encodeTarEntry(tarEntry({ path: 'f', mtimeNs: 1_500_000_000n })));
  assert.equal(pax?.toString('latin1', 0, 14), 'PaxHeaders.0/f');
  assert.equal(pax?.toString('latin1', 156, 157), 'x');
  assert.equal(header?.toString('latin1').replace(/\0+$/, ''), '13 mtime=1.5\n');
});

function splitBlocks(data: Buffer): Buffer[] {
  return Array.from({ length: data.length / 512 }, (_, index) =>
    data.subarray(index * 512, index * 512 + 512),
  );
}

test('everything an entry can say survives writing and reading, in chunks of any size', () => {
  const binary = Buffer.from([1, 0, 0, 2, 255, 10, 61, 0]);
  const files = [
    file(`${'d/'.repeat(70)}name`, 'long but splittable'),
    file('x'.repeat(300), 'too long'),
    file('caf\xe9', 'not UTF-8'),
    file('\xc3\xa9', 'UTF-8', { userName: 'j\xc3\xb6rg', groupName: 'users' }),
    file('cap', 'x', {
      xattrs: new Map([
        ['security.capability', binary],
        ['user.empty', Buffer.alloc(0)],
      ]),
    }),
    file('big-id', '', { uid: 2 ** 31, gid: 2 ** 32 - 2, mtimeNs: -1_500_000_001n }),
    [tarEntry({ path: 'dir/', type: 'directory', mode: 0o1777 }), ''],
    [tarEntry({ path: 'link', type: 'symlink', linkPath: '../'.repeat(80) }), ''],
    [tarEntry({ path: 'hard', type: 'hardlink', linkPath: 'cap' }), ''],
    [tarEntry({ path: 'null', type: 'character-device', major: 1, minor: 3, mode: 0o666 }), ''],
    [tarEntry({ path: 'disk', type: 'block-device', major: 259, minor: 70000 }), ''],
    [tarEntry({ path: 'pipe', type: 'fifo' }), ''],
  ] as [TarEntry, string][];
  const archive = archiveOf(...files);
  for (const step of [archive.length, 1, 511, 513, 4096]) {
    const entries = readAll(archive, step);
    assert.deepEqual(
      entries.map(({ entry, content }) => [entry, String(content)]),
      files.map(([entry, content]) => [entry, content]),
    );
  }
});

test('a sparse file keeps its holes', () => {
  const segments = [
    { offset: 4096, length: 5 },
    { offset: 100_000, length: 2 },
    { offset: 200_000, length: 0 },
  ];
  const [read, next] = readAll(
    archiveOf(file('s', 'helloyo', { size: 200_000, segments }), file('t', 'after')),
    100,
  );
  assert.equal(read?.entry.path, 's');
  assert.equal(read?.entry.size, 200_000);
  assert.deepEqual(read?.entry.segments, segments);
  assert.equal(read?.content.toString('latin1', 4096, 4101), 'hello');
  assert.equal(read?.content.toString('latin1', 100_000, 100_002), 'yo');
  assert.equal(next?.content.toString(), 'after');
});

test('a file over 8 GiB announces its size', () => {
  const [pax, records] = splitBlocks(encodeTarEntry(tarEntry({ path: 'huge', size: 2 ** 33 + 1 })));
  assert.equal(pax?.toString('latin1', 156, 157), 'x');
  assert.match(records?.toString() ?? '', /^19 size=8589934593\n/);
});

test('base-256 numbers, as GNU tar writes them, are understood', () => {
  const header = encodeTarEntry(tarEntry({ path: 'f', mtimeNs: 0n }));
  header.fill(0, 136, 148);
  header.fill(0xff, 136, 148);
  fixChecksum(header);
  assert.equal(readAll(header)[0]?.entry.mtimeNs, -1_000_000_000n);
  header.fill(0, 108, 116);
  header[108] = 0x80;
  header.writeUInt32BE(3_000_000_000, 112);
  fixChecksum(header);
  assert.equal(readAll(header)[0]?.entry.uid, 3_000_000_000);
});

function fixChecksum(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

test('an archive of tar-stream is read', async () => {
  const packer = pack();
  packer.entry({ name: 'ü/'.repeat(60) + 'file', mtime: new Date(1000), mode: 0o600 }, 'content');
  packer.entry({ name: 'dir', type: 'directory' });
  packer.finalize();
  const archive = Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>));
  const [first, second] = readAll(archive);
  assert.equal(Buffer.from(first?.entry.path ?? '', 'latin1').toString(), `${'ü/'.repeat(60)}file`);
  assert.equal(first?.content.toString(), 'content');
  assert.equal(first?.entry.mode, 0o600);
  assert.equal(second?.entry.type, 'directory');
});

test('hard links and devices have no data, also where their size field is not 0', () => {
  const link = encodeTarEntry(tarEntry({ path: 'l', type: 'hardlink', linkPath: 'f' }));
  link.write('00000000777\0', 124, 'latin1');
  fixChecksum(link);
  const entries = readAll(Buffer.concat([link, archiveOf(file('f', 'x'))]));
  assert.deepEqual(
    entries.map(({ entry }) => entry.path),
    ['l', 'f'],
  );
});

test('an empty PAX value deletes the record before it, and the last record wins', () => {
  const records = (value: string) => paxHeader([{ key: 'path', value: Buffer.from(value) }]);
  const plain = archiveOf(file('plain', ''));
  assert.equal(readAll(Buffer.concat([records('other'), plain]))[0]?.entry.path, 'other');
  assert.equal(readAll(Buffer.concat([records('other'), records(''), plain]))[0]?.entry.path, 'plain');
});

function paxHeader(records: { key: string; value: Buffer }[]): Buffer {
  const data = encodePax(records);
  const header = encodeTarEntry(tarEntry({ path: 'PaxHeaders.0/x', size: data.length }));
  header.write('x', 156, 'latin1');
  fixChecksum(header);
  return Buffer.concat([header, data, tarPadding(data.length)]);
}

const MALFORMED: [string, Buffer][] = [
  ['garbage', Buffer.alloc(512, 0x41)],
  ['half a header', encodeTarEntry(tarEntry({ path: 'f' })).subarray(0, 300)],
  ['half a file', encodeTarEntry(tarEntry({ path: 'f', size: 1000 }))],
  ['a PAX record without an end', pad(paxHeader([]), '30 path=x\n')],
  ['a PAX record of length 0', pad(paxHeader([]), '0 a=b\n')],
  ['a NUL in a path', paxHeader([{ key: 'path', value: Buffer.from('a\0b') }])],
  ['segments that overlap', sparse('0,10,5,10', '20', 20)],
  ['segments beyond the end', sparse('0,10,100,10', '20', 20)],
  ['segments that do not add up', sparse('0,10', '20', 20)],
];

function pad(header: Buffer, data: string): Buffer {
  header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  fixChecksum(header);
  return Buffer.concat([header.subarray(0, 512), Buffer.from(data), tarPadding(data.length)]);
}

/** Blocks of GNU tar's sparse map that each announce another one. */
function gnuSparse(blocks: number): Buffer {
  const header = encodeTarEntry(tarEntry({ path: 'f' }));
  header.write('S', 156, 'latin1');
  header.write('1', 482, 'latin1');
  header.write('00000000000\0', 483, 'latin1');
  fixChecksum(header);
  const more = Buffer.alloc(512);
  for (let index = 0; index < 21; index++) more.write('00000000000\0'.repeat(2), index * 24, 'latin1');
  more.write('1', 504, 'latin1');
  return Buffer.concat([header, ...Array<Buffer>(blocks).fill(more)]);
}

function sparse(map: string, size: string, packedSize: number): Buffer {
  const records = { 'GNU.sparse.map': map, 'GNU.sparse.size': size };
  const pax = paxHeader(Object.entries(records).map(([key, value]) => ({ key, value: Buffer.from(value) })));
  return Buffer.concat([pax, archiveOf(file('f', 'x'.repeat(packedSize)))]);
}

for (const [what, archive] of MALFORMED) {
  test(`${what} is refused`, () => {
    const complete = Buffer.concat([
      archive,
      what.startsWith('half') ? Buffer.alloc(0) : archiveOf(file('f', '')),
    ]);
    assert.throws(() => readAll(complete), { kind: 'invalid-parameter' });
  });
}

test('what comes before an entry is bounded, however many headers it is in', () => {
  const read = (archive: Buffer) => {
    const reader = new TarReader({
      entry: () => undefined,
      data: () => undefined,
      end: () => undefined,
    });
    reader.write(archive);
  };
  const record = (index: number) =>
    paxHeader([{ key: `SCHILY.xattr.user.${index}`, value: Buffer.alloc(500_000) }]);
  const records = (count: number) => Array.from({ length: count }, (_, index) => record(index));
  read(Buffer.concat(records(8)));
  assert.throws(() => read(Buffer.concat(records(9))), { kind: 'invalid-parameter' });
  // For each entry anew.
  const entry = archiveOf(file('f', '')).subarray(0, 512);
  read(Buffer.concat([...records(8), entry, ...records(8), entry]));
  read(gnuSparse(3000));
  assert.throws(() => read(gnuSparse(4000)), { kind: 'invalid-parameter' });
});

test('any bytes are either read or refused, independent of how they are split', () => {
  const seed = archiveOf(
    file('a/b', 'hello', { mtimeNs: 5n }),
    file('s', 'ab', { size: 50, segments: [{ offset: 9, length: 2 }] }),
  );
  const change = fc.record({ at: fc.nat(seed.length - 1), byte: fc.nat(255), checksum: fc.boolean() });
  const outcome = (archive: Buffer, step: number) => {
    try {
      return readAll(archive, step).map(({ entry, content }) => [entry, content.toString('latin1')]);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'invalid-parameter', String(error));
      return 'refused';
    }
  };
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.integer({ min: 1, max: 2000 }), (changes, step) => {
      const archive = Buffer.from(seed);
      for (const { at, byte, checksum } of changes) {
        archive[at] = byte;
        if (checksum) fixChecksum(archive.subarray(at - (at % 512), at - (at % 512) + 512));
      }
      assert.deepEqual(outcome(archive, step), outcome(archive, archive.length));
    }),
    { numRuns: 500 },
  );
});
