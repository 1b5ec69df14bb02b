import { PassThrough } from 'node:stream';
import { writeAll } from '../../api/frames.ts';
import { type TarEntry, tarEntry } from '../../archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../archive/tar/tar-writer.ts';
import { EngineError } from '../../base/errors.ts';
import { GO_TYPE, permissionsOf } from '../../buildkit/file-mode.ts';
import type { BuilderParts } from '../builder-parts.ts';
import { extractContext } from '../operations/unpacked-archive.ts';
import type { ClientCall, GrpcClient } from '../../buildkit/grpc.ts';
import { PACKET } from '../../buildkit/messages.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';

type Packet = MessageOf<typeof PACKET>;
type Stat = NonNullable<Packet['stat']>;

export type WantedFiles = {
  /** `context`, `dockerfile`, or that of a named context. */
  name: string;
  include?: readonly string[];
  exclude?: readonly string[];
  /** Only these, and where links of theirs lead. */
  follow?: readonly string[];
};

const [STAT, REQUEST, DATA, FINISH, FAILURE] = [0, 1, 2, 3, 4];
/** What is asked for at once, so that small files do not take a round trip each. */
const MAX_OPEN_FILES = 64;
const MAX_OPEN_BYTES = 4 * 1024 * 1024;
const MAX_FILES = 2_000_000;
/** Of names, links and attributes, all of which are kept until files are asked for. */
const MAX_LISTED_BYTES = 512 * 1024 * 1024;
/** Of one file, beyond what the kernel takes. */
const MAX_STAT_BYTES = 256 * 1024;

/**
 * Takes a directory of the client's into an empty one here (fsutil's protocol over moby.filesync.v1.FileSync). A thread
 * that has that directory as its root writes the files, so that no name of the client's leads out of it.
 * @returns what it is known by: the same files, with the same times, have the same
 * @throws EngineError as the client says; invalid-parameter for what the protocol does not allow
 */
export async function receiveFiles(
  parts: Pick<BuilderParts, 'threads'>,
  client: GrpcClient,
  { name, include = [], exclude = [], follow = [] }: WantedFiles,
  { directory, signal }: { directory: string; signal: AbortSignal },
): Promise<string> {
  const call = client.call('/moby.filesync.v1.FileSync/DiffCopy', {
    'dir-name': [name],
    ...(include.length === 0 ? {} : patterns('include-patterns', include)),
    ...(exclude.length === 0 ? {} : patterns('exclude-patterns', exclude)),
    ...(follow.length === 0 ? {} : patterns('followpaths', follow)),
  });
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const archive = new PassThrough();
  const unpacked = extractContext(parts, archive, directory);
  // What cannot be unpacked ends it at once, although the client may have more to say, or nothing ever.
  const failed = new Promise<never>((_resolve, reject) => void unpacked.catch(reject));
  try {
    await Promise.race([new Receiver(call, archive).run(), failed]);
    return await unpacked;
  } catch (error) {
    archive.destroy();
    call.cancel();
    await unpacked.catch(() => undefined);
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** What is no ASCII is encoded, and that is said. */
function patterns(key: string, values: readonly string[]): Record<string, string[]> {
  if (values.every(value => /^[\x20-\x7e]*$/.test(value))) return { [key]: [...values] };
  return { [key]: values.map(encodeURIComponent), [`${key}-encoded`]: ['1'] };
}

type OpenFile = { stat: Stat; chunks: Uint8Array[]; received: number };

class Receiver {
  readonly #call: ClientCall;
  readonly #archive: PassThrough;
  readonly #waiting: { id: number; stat: Stat }[] = [];
  readonly #links: Stat[] = [];
  readonly #open = new Map<number, OpenFile>();
  #openBytes = 0;
  #next = 0;
  #listedBytes = 0;
  #isListed = false;
  /** Index into `#waiting`: shifting a long list takes its length. */
  #asked = 0;

  constructor(call: ClientCall, archive: PassThrough) {
    this.#call = call;
    this.#archive = archive;
  }

  async run(): Promise<void> {
    let isFinished = false;
    for await (const data of this.#call.responses) {
      const packet = PACKET.decode(data);
      if (packet.type === FAILURE)
        throw new EngineError(
          'invalid-parameter',
          `error from sender: ${Buffer.from(packet.data).toString()}`,
        );
      if (packet.type === STAT) await this.#stat(packet.stat, data.length);
      else if (packet.type === DATA) await this.#data(packet);
      else if (packet.type === FINISH) break;
      await this.#ask();
      if (!isFinished && this.#isListed && this.#open.size === 0 && this.#asked === this.#waiting.length) {
        isFinished = true;
        await this.#finish();
      }
    }
    if (!isFinished)
      throw new EngineError('invalid-parameter', 'the client ended before all files were sent');
    this.#call.end();
  }

  async #stat(stat: Stat | undefined, bytes: number): Promise<void> {
    if (stat === undefined) {
      this.#isListed = true;
      return;
    }
    const id = this.#next++;
    this.#listedBytes += bytes;
    if (id > MAX_FILES) throw new EngineError('invalid-parameter', `more than ${MAX_FILES} files`);
    if (bytes > MAX_STAT_BYTES || this.#listedBytes > MAX_LISTED_BYTES)
      throw new EngineError('invalid-parameter', 'the names of the files are too long');
    const entry = entryOf(stat);
    if (entry === undefined) return;
    if (entry.type === 'hardlink') this.#links.push(stat);
    else if (entry.type === 'file' && entry.size > 0) this.#waiting.push({ id, stat });
    else await this.#write(encodeTarEntry(entry));
  }

  /** A file that is larger than all that is kept in memory is asked for alone, and goes straight through. */
  async #ask(): Promise<void> {
    for (;;) {
      const next = this.#waiting[this.#asked];
      if (next === undefined) return;
      const size = next.stat.size ?? 0;
      const fits = this.#open.size < MAX_OPEN_FILES && this.#openBytes + size <= MAX_OPEN_BYTES;
      if (this.#open.size > 0 && !fits) return;
      this.#asked++;
      this.#open.set(next.id, { stat: next.stat, chunks: [], received: 0 });
      this.#openBytes += size;
      if (size > MAX_OPEN_BYTES) await this.#write(encodeTarEntry(entryOf(next.stat) as TarEntry));
      await this.#call.send(PACKET.encode({ type: REQUEST, id: next.id }));
    }
  }

  async #data({ id, data }: Packet): Promise<void> {
    const file = this.#open.get(id);
    if (file === undefined)
      throw new EngineError('invalid-parameter', `data of a file that nobody asked for: ${id}`);
    const size = file.stat.size ?? 0;
    const isWhole = data.length === 0;
    file.received += data.length;
    if (file.received > size || (isWhole && file.received < size))
      throw new EngineError('invalid-parameter', `${file.stat.path ?? ''} has changed while it was sent`);
    if (size > MAX_OPEN_BYTES) await this.#write(Buffer.from(data));
    else if (!isWhole) file.chunks.push(Buffer.from(data));
    if (!isWhole) return;
    this.#open.delete(id);
    this.#openBytes -= size;
    if (size <= MAX_OPEN_BYTES)
      await this.#write(Buffer.concat([encodeTarEntry(entryOf(file.stat) as TarEntry), ...file.chunks]));
    await this.#write(tarPadding(size));
  }

  /** Links come last, when what they are to is there. */
  async #finish(): Promise<void> {
    for (const stat of this.#links) await this.#write(encodeTarEntry(entryOf(stat) as TarEntry));
    await this.#write(TAR_END);
    this.#archive.end();
    await this.#call.send(PACKET.encode({ type: FINISH }));
  }

  async #write(chunk: Buffer): Promise<void> {
    if (chunk.length > 0) await writeAll(this.#archive, chunk);
  }
}

/** Undefined for what an archive does not hold: sockets. All of it belongs to root. */
function entryOf({
  path = '',
  mode = 0,
  size = 0,
  modifiedNs = 0n,
  linkName = '',
  ...stat
}: Stat): TarEntry | undefined {
  if ((mode & GO_TYPE.socket) !== 0) return undefined;
  const type = typeOf(mode, linkName);
  return tarEntry({
    path: latin1(path),
    type,
    linkPath: latin1(linkName),
    mode: permissionsOf(mode),
    size: type === 'file' ? size : 0,
    mtimeNs: modifiedNs,
    major: stat.deviceMajor ?? 0,
    minor: stat.deviceMinor ?? 0,
    xattrs: new Map(Object.entries(stat.xattrs ?? {}).map(([name, value]) => [name, Buffer.from(value)])),
  });
}

function typeOf(mode: number, linkName: string): TarEntry['type'] {
  if (mode >= GO_TYPE.directory) return 'directory';
  if ((mode & GO_TYPE.link) !== 0) return 'symlink';
  if ((mode & GO_TYPE.pipe) !== 0) return 'fifo';
  if ((mode & GO_TYPE.device) !== 0)
    return (mode & GO_TYPE.character) === 0 ? 'block-device' : 'character-device';
  return linkName === '' ? 'file' : 'hardlink';
}

const latin1 = (path: string) => Buffer.from(path).toString('latin1');
