import type { Segment } from '../../kernel/file-holes.ts';
import { decodePax, decodePaxTime, type PaxRecord } from './pax.ts';
import { segmentsOf } from './sparse.ts';
import type { TarEntry } from './tar-entry.ts';
import { toSafe, tarError } from './tar-header.ts';

const XATTR = 'SCHILY.xattr.';

/**
 * What the headers before an entry's own say of it: PAX records (type `x`) and GNU long names (`L`, `K`).
 * Later ones win.
 */
export class EntryExtensions {
  #longName: string | undefined;
  #longLinkName: string | undefined;
  readonly #records = new Map<string, Buffer>();
  readonly #sparseNumbers: string[] = [];
  #used = false;

  get isEmpty(): boolean {
    return !this.#used;
  }

  /** `type` is the header's flag; types other than x, X, L and K have no effect. */
  add(type: string, data: Buffer): void {
    if (type === 'g') return;
    this.#used = true;
    if (type === 'L') this.#longName = untilNul(data);
    else if (type === 'K') this.#longLinkName = untilNul(data);
    else for (const record of decodePax(data)) this.#addRecord(record);
  }

  #addRecord({ key, value }: PaxRecord): void {
    // Format 0.0 repeats these two for each segment, and their order counts.
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
      this.#sparseNumbers.push(value.toString('latin1'));
    // POSIX: an empty value deletes what an earlier header said. An empty attribute is a value, though.
    else if (value.length === 0 && !key.startsWith(XATTR)) this.#records.delete(key);
    else this.#records.set(key, value);
  }

  applyTo(entry: TarEntry): void {
    const name = this.#text('GNU.sparse.name') ?? this.#text('path') ?? this.#longName;
    if (name !== undefined) entry.path = name;
    entry.linkPath = this.#text('linkpath') ?? this.#longLinkName ?? entry.linkPath;
    entry.userName = this.#text('uname') ?? entry.userName;
    entry.groupName = this.#text('gname') ?? entry.groupName;
    entry.uid = this.#number('uid') ?? entry.uid;
    entry.gid = this.#number('gid') ?? entry.gid;
    if (entry.type === 'file') entry.size = this.#number('size') ?? entry.size;
    const mtime = this.#text('mtime');
    if (mtime !== undefined) entry.mtimeNs = decodePaxTime(mtime);
    const xattrs = [...this.#records].filter(([key]) => key.startsWith(XATTR));
    if (xattrs.length > 0)
      entry.xattrs = new Map(xattrs.map(([key, value]) => [key.slice(XATTR.length), value]));
  }

  /** Bytes in the archive, where a PAX record overrides the header. */
  get packedSize(): number | undefined {
    return this.#number('size');
  }

  /** Size of a PAX sparse file, holes included. */
  get realSize(): number | undefined {
    return this.#number('GNU.sparse.realsize') ?? this.#number('GNU.sparse.size');
  }

  /** Format 1.0: the map precedes the data. */
  get mapInData(): boolean {
    return this.#text('GNU.sparse.major') === '1' && this.#text('GNU.sparse.minor') === '0';
  }

  /** Formats 0.0 and 0.1. */
  get segments(): Segment[] | undefined {
    const map = this.#text('GNU.sparse.map');
    if (map !== undefined) return segmentsOf(map.split(','));
    return this.#sparseNumbers.length > 0 ? segmentsOf(this.#sparseNumbers) : undefined;
  }

  #text(key: string): string | undefined {
    const value = this.#records.get(key);
    if (value === undefined) return undefined;
    if (value.includes(0)) throw tarError('invalid tar header');
    return value.toString('latin1');
  }

  #number(key: string): number | undefined {
    const text = this.#text(key);
    if (text === undefined) return undefined;
    if (!/^\d{1,16}$/.test(text)) throw tarError('invalid tar header');
    return toSafe(BigInt(text));
  }
}

function untilNul(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString('latin1', 0, end < 0 ? data.length : end);
}
