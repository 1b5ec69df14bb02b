import { isUtf8 } from 'node:buffer';
import { encodePax, encodePaxTime, type PaxRecord } from './pax.ts';
import type { TarEntry, TarEntryType } from './tar-entry.ts';
import { BLOCK_BYTES } from './tar-header.ts';

const TYPE_FLAGS: Record<TarEntryType, string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};

/** Two blocks of zeros. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);

/**
 * The header of an entry: ustar, with a PAX header before it where ustar cannot say it all, and, for a sparse
 * file, the map (GNU PAX sparse format 1.0) after it. The same entry always gives the same bytes. The data
 * comes next (of a sparse file: its segments), and then {@link tarPadding}.
 */
export function encodeTarEntry(entry: TarEntry): Buffer {
  const name = entry.type === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  const map = entry.segments === undefined ? undefined : encodeSparseMap(entry);
  const records = new Map<string, Buffer>();
  const packedSize = map === undefined ? entry.size : map.length + dataBytes(entry);
  const header = Buffer.alloc(BLOCK_BYTES);
  const inHeader = map === undefined ? name : sparseName(name);
  if (map !== undefined) addSparseRecords(records, name, entry.size);
  addNames(header, records, inHeader, entry.linkPath);
  addNumbers(header, records, entry, packedSize);
  addOwners(header, records, entry);
  for (const [key, value] of entry.xattrs) records.set(`SCHILY.xattr.${key}`, value);
  writeFixedFields(header, TYPE_FLAGS[entry.type]);
  const pax = records.size === 0 ? [] : [encodePaxHeader(inHeader, records)];
  return Buffer.concat([...pax, header, ...(map === undefined ? [] : [map])]);
}

/** What fills up the last block after `bytes` of data. */
export function tarPadding(bytes: number): Buffer {
  return TAR_END.subarray(0, (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** How much data the archive holds of an entry. */
export function dataBytes({ segments, size }: TarEntry): number {
  return segments === undefined ? size : segments.reduce((sum, { length }) => sum + length, 0);
}

function addNames(header: Buffer, records: Map<string, Buffer>, name: string, linkName: string): void {
  const split = splitName(name);
  if (split === undefined) {
    setBytes(records, 'path', name);
    header.write(name.slice(0, 100), 0, 'latin1');
  } else {
    header.write(split.name, 0, 'latin1');
    header.write(split.prefix, 345, 'latin1');
  }
  if (linkName.length > 100 || !isAscii(linkName)) setBytes(records, 'linkpath', linkName);
  header.write(linkName.slice(0, 100), 157, 'latin1');
}

/** Name and prefix for ustar's two fields, undefined where they cannot hold it. */
function splitName(name: string): { name: string; prefix: string } | undefined {
  if (!isAscii(name)) return undefined;
  if (name.length <= 100) return { name, prefix: '' };
  const slash = name.slice(0, 156).lastIndexOf('/', name.length - 2);
  if (slash <= 0 || name.length - slash - 1 > 100) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

function addNumbers(header: Buffer, records: Map<string, Buffer>, entry: TarEntry, packedSize: number): void {
  writeOctal(header, 100, 8, entry.mode);
  const put = (key: string, value: number, offset: number, length: number) => {
    const fits = value < 8 ** (length - 1);
    if (!fits) setBytes(records, key, String(value));
    writeOctal(header, offset, length, fits ? value : 0);
  };
  put('uid', entry.uid, 108, 8);
  put('gid', entry.gid, 116, 8);
  put('size', packedSize, 124, 12);
  const seconds = Number(entry.mtimeNs / 1_000_000_000n);
  const whole = entry.mtimeNs >= 0n && entry.mtimeNs % 1_000_000_000n === 0n && seconds < 8 ** 11;
  if (!whole) setBytes(records, 'mtime', encodePaxTime(entry.mtimeNs));
  writeOctal(header, 136, 12, seconds >= 0 && seconds < 8 ** 11 ? seconds : 0);
  const isDevice = entry.type === 'character-device' || entry.type === 'block-device';
  writeOctal(header, 329, 8, isDevice ? entry.major : 0);
  writeOctal(header, 337, 8, isDevice ? entry.minor : 0);
}

function addOwners(header: Buffer, records: Map<string, Buffer>, entry: TarEntry): void {
  const put = (key: string, value: string, offset: number) => {
    if (value.length > 31 || !isAscii(value)) setBytes(records, key, value);
    else header.write(value, offset, 'latin1');
  };
  put('uname', entry.userName, 265);
  put('gname', entry.groupName, 297);
}

function writeFixedFields(header: Buffer, typeFlag: string): void {
  header.write(typeFlag, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function encodePaxHeader(name: string, records: Map<string, Buffer>): Buffer {
  const list: PaxRecord[] = [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value }));
  // Readers that decode names as UTF-8 must be told where they are not (POSIX.1-2001, hdrcharset).
  const names = list.filter(({ key }) => key === 'path' || key === 'linkpath');
  if (names.some(({ value }) => !isUtf8(value)))
    list.unshift({ key: 'hdrcharset', value: Buffer.from('BINARY') });
  const data = encodePax(list);
  const header = Buffer.alloc(BLOCK_BYTES);
  const base = name.replace(/\/+$/, '').replace(/^.*\//, '');
  header.write(`PaxHeaders.0/${base.replace(/[^\x20-\x7e]/g, '_')}`.slice(0, 100), 0, 'latin1');
  for (const [offset, length] of [
    [100, 8],
    [108, 8],
    [116, 8],
    [136, 12],
    [329, 8],
    [337, 8],
  ] as const)
    writeOctal(header, offset, length, 0);
  writeOctal(header, 124, 12, data.length);
  writeFixedFields(header, 'x');
  return Buffer.concat([header, data, tarPadding(data.length)]);
}

function encodeSparseMap(entry: TarEntry): Buffer {
  const segments = entry.segments ?? [];
  const lines = [segments.length, ...segments.flatMap(({ offset, length }) => [offset, length])];
  const map = Buffer.from(`${lines.join('\n')}\n`);
  return Buffer.concat([map, tarPadding(map.length)]);
}

function addSparseRecords(records: Map<string, Buffer>, name: string, size: number): void {
  setBytes(records, 'GNU.sparse.major', '1');
  setBytes(records, 'GNU.sparse.minor', '0');
  setBytes(records, 'GNU.sparse.name', name);
  setBytes(records, 'GNU.sparse.realsize', String(size));
}

/** What a reader that knows no sparse files would call it, as GNU tar does. */
function sparseName(name: string): string {
  const slash = name.lastIndexOf('/') + 1;
  return `${name.slice(0, slash)}GNUSparseFile.0/${name.slice(slash)}`;
}

function writeOctal(header: Buffer, offset: number, length: number, value: number): void {
  header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
}

function setBytes(records: Map<string, Buffer>, key: string, value: string): void {
  records.set(key, Buffer.from(value, 'latin1'));
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}
