import { closeSync, constants, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { hostPath } from '../../archive/archive-path.ts';
import type { ListedFile } from '../../archive/trees/list-tree.ts';
import { writtenStream } from '../../archive/rooted/pack-stream.ts';
import { readRange } from '../../archive/read-descriptor.ts';
import { EngineError } from '../../base/errors.ts';
import { GO_TYPE, toGoMode } from '../../buildkit/file-mode.ts';
import { openBeneath } from '../../kernel/open-beneath.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { ClientCall } from '../../buildkit/grpc.ts';
import { BYTES, PACKET } from '../../buildkit/messages.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';
import type { Session } from './sessions.ts';

const METHOD = '/moby.filesync.v1.FileSend/DiffCopy';
/** Which of a build's exports is sent. */
const EXPORT_ID = 'buildkit-attachable-exporter-id';
const [REQUEST, DATA, FINISH, FAILURE] = [1, 2, 3, 4];
const MAX_CHUNK_BYTES = 1024 * 1024;
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

type Sent = { index: number; signal: AbortSignal };

/** Gives a client a file that it has asked for with one of its exports. @throws EngineError as the client says */
export async function sendStream(
  session: Session,
  chunks: AsyncIterable<Uint8Array>,
  { index, signal }: Sent,
): Promise<void> {
  await withCall(session, { index, signal }, async call => {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      for (let at = 0; at < chunk.length; at += MAX_CHUNK_BYTES)
        await call.send(BYTES.encode({ data: chunk.subarray(at, at + MAX_CHUNK_BYTES) }));
    }
    call.end();
    for await (const _ of call.responses);
  });
}

/** A tree, and where it goes: '' or a directory's name. */
export type SentTree = { root: number; directory: string };

/** Gives a client a directory's files (fsutil's protocol, as its sender). @throws EngineError as the client says */
export async function sendTrees(
  parts: Pick<BuilderParts, 'threads'>,
  session: Session,
  trees: readonly SentTree[],
  { index, signal }: Sent,
): Promise<void> {
  await withCall(session, { index, signal }, call => new Sender(parts, call, trees).run());
}

async function withCall(
  { client, methods }: Session,
  { index, signal }: Sent,
  task: (call: ClientCall) => Promise<void>,
): Promise<void> {
  if (!methods.has(METHOD.slice(1)) && !methods.has(METHOD))
    throw new EngineError('invalid-parameter', 'the client takes no exports');
  signal.throwIfAborted();
  const call = client.call(METHOD, { [EXPORT_ID]: String(index) });
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await task(call);
  } catch (error) {
    call.cancel();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

type Place = { root: number; path: string; sizeBytes: number };
type Packet = MessageOf<typeof PACKET>;

class Sender {
  readonly #parts: Pick<BuilderParts, 'threads'>;
  readonly #call: ClientCall;
  readonly #trees: readonly SentTree[];
  /** By their numbers; undefined for what is no regular file. */
  readonly #files: (Place | undefined)[] = [];

  constructor(parts: Pick<BuilderParts, 'threads'>, call: ClientCall, trees: readonly SentTree[]) {
    this.#parts = parts;
    this.#call = call;
    this.#trees = trees;
  }

  async run(): Promise<void> {
    const listed = this.#list();
    listed.catch(() => undefined);
    for await (const data of this.#call.responses) {
      const packet = PACKET.decode(data);
      if (packet.type === FAILURE)
        throw new EngineError('system', `error from receiver: ${Buffer.from(packet.data).toString()}`);
      if (packet.type === REQUEST) await this.#send(packet.id);
      else if (packet.type === FINISH) break;
    }
    await listed;
    await this.#call.send(PACKET.encode({ type: FINISH }));
    this.#call.end();
  }

  async #list(): Promise<void> {
    for (const { root, directory } of this.#trees) {
      if (directory !== '') await this.#tell({ path: directory, mode: GO_TYPE.directory + 0o755 }, undefined);
      const prefix = directory === '' ? '' : `${directory}/`;
      const { stream } = writtenStream(outputFd =>
        this.#parts.threads.run({ kind: 'list-tree', root, outputFd }),
      );
      for await (const line of createInterface({ input: stream })) {
        const file = JSON.parse(line) as ListedFile;
        const isFile = (file.mode & FILE_TYPE) === REGULAR && file.link === '';
        await this.#tell(
          statOf(prefix, file),
          isFile ? { root, path: file.path, sizeBytes: file.sizeBytes } : undefined,
        );
      }
    }
    await this.#call.send(PACKET.encode({}));
  }

  async #tell(stat: NonNullable<Packet['stat']>, place: Place | undefined): Promise<void> {
    this.#files.push(place);
    await this.#call.send(PACKET.encode({ stat }));
  }

  async #send(id: number): Promise<void> {
    const place = this.#files[id];
    if (place === undefined) throw new EngineError('invalid-parameter', `invalid file id ${id}`);
    const fd = openBeneath(place.root, Buffer.from(place.path, 'latin1'), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) throw new EngineError('system', `cannot read ${String(hostPath(place.path))}`);
    try {
      if (!fstatSync(fd).isFile())
        throw new EngineError('system', `${String(hostPath(place.path))} is no file`);
      for await (const data of readRange(fd, 0, place.sizeBytes))
        await this.#call.send(PACKET.encode({ type: DATA, id, data }));
      await this.#call.send(PACKET.encode({ type: DATA, id }));
    } finally {
      closeSync(fd);
    }
  }
}

function statOf(prefix: string, file: ListedFile) {
  const { mode } = file;
  const isHardLink = file.link !== '' && (mode & FILE_TYPE) === REGULAR;
  return {
    path: prefix + utf8(file.path),
    mode: toGoMode(mode),
    uid: file.uid,
    gid: file.gid,
    size: isHardLink ? 0 : file.sizeBytes,
    modifiedNs: BigInt(file.mtimeNs),
    linkName: (isHardLink ? prefix : '') + utf8(file.link),
    deviceMajor: file.major,
    deviceMinor: file.minor,
    xattrs: Object.fromEntries(
      Object.entries(file.xattrs).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
  };
}

const utf8 = (path: string) => Buffer.from(path, 'latin1').toString();
