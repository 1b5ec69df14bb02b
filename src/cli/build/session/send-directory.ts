import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { keptXattrs } from '../../../archive/trees/tree-packer.ts';
import { EngineError, hasErrorCode } from '../../../base/errors.ts';
import { toGoMode } from '../../../buildkit/file-mode.ts';
import type { Call } from '../../../buildkit/grpc.ts';
import { PACKET } from '../../../buildkit/messages.ts';
import type { MessageOf } from '../../../buildkit/protobuf.ts';
import { Selection, type Wanted } from './select-files.ts';

type Stat = NonNullable<MessageOf<typeof PACKET>['stat']>;

const [REQUEST, DATA, FINISH, FAILURE] = [1, 2, 3, 4];
const CHUNK_BYTES = 256 * 1024;

/** Gives the daemon what it asks for of a directory (fsutil's protocol, as its sender). Everything belongs to root. */
export async function sendDirectory(call: Call, directory: string, wanted: Wanted): Promise<void> {
  /** The paths of regular files, by their numbers. */
  const files: (string | undefined)[] = [];
  const requests = call.requests[Symbol.asyncIterator]();
  const answering = answerRequests(call, requests, files);
  // It fails with the call.
  answering.catch(() => undefined);
  for (const { stat, path } of walk(directory, new Selection(directory, wanted))) {
    files.push(path);
    await call.send(PACKET.encode({ stat }));
  }
  await call.send(PACKET.encode({}));
  await answering;
}

async function answerRequests(
  call: Call,
  requests: AsyncIterator<Buffer>,
  files: readonly (string | undefined)[],
): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let next = await requests.next(); next.done !== true; next = await requests.next()) {
    const { type, id, data } = PACKET.decode(next.value);
    if (type === FAILURE) throw new EngineError('system', Buffer.from(data).toString());
    if (type === FINISH) return call.send(PACKET.encode({ type: FINISH }));
    if (type === REQUEST) await sendFile(call, { id, path: files[id], chunk });
  }
}

/** One that has gone meanwhile is empty. */
async function sendFile(
  call: Call,
  { id, path, chunk }: { id: number; path: string | undefined; chunk: Buffer },
): Promise<void> {
  if (path === undefined) throw new EngineError('invalid-parameter', `invalid file id ${id}`);
  const fd = openSync(path, 'r');
  try {
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk))
      await call.send(PACKET.encode({ type: DATA, id, data: chunk.subarray(0, read) }));
  } finally {
    closeSync(fd);
  }
  await call.send(PACKET.encode({ type: DATA, id }));
}

type Walked = { stat: Partial<Stat> /** Of a regular file. */; path: string | undefined };

/** Directories before what is in them, names in the order of their bytes. */
function* walk(directory: string, selection: Selection): Generator<Walked> {
  /** Paths of files with several links, by device and inode. */
  const links = new Map<string, string>();
  /** Directories that are sent only with something in them. */
  const pending: Walked[] = [];
  function* below(prefix: string): Generator<Walked> {
    for (const name of namesIn(directory, prefix)) {
      const path = prefix + name;
      const isSent = selection.has(path);
      const stat = lstatSync(`${directory}/${path}`, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined || stat.isSocket() || (!isSent && !stat.isDirectory())) continue;
      const walked = entryOf(directory, path, stat, links);
      if (isSent) yield* [...pending.splice(0), walked];
      if (!stat.isDirectory() || (!isSent && !selection.mayHaveBelow(path))) continue;
      if (!isSent) pending.push(walked);
      yield* below(`${path}/`);
      if (!isSent && pending.at(-1) === walked) pending.pop();
    }
  }
  yield* below('');
}

function namesIn(directory: string, prefix: string): string[] {
  return readdirSync(`${directory}/${prefix}`, 'buffer')
    .sort((a, b) => Buffer.compare(a, b))
    .map(name => name.toString());
}

function entryOf(directory: string, path: string, stat: BigIntStats, links: Map<string, string>): Walked {
  const source = `${directory}/${path}`;
  const inode = `${stat.dev}:${stat.ino}`;
  const first = stat.isDirectory() || stat.nlink < 2n ? undefined : links.get(inode);
  if (!stat.isDirectory() && stat.nlink > 1n && first === undefined) links.set(inode, path);
  const isFile = stat.isFile() && first === undefined;
  return {
    path: isFile ? source : undefined,
    stat: {
      path,
      mode: toGoMode(Number(stat.mode)),
      size: isFile ? Number(stat.size) : 0,
      modifiedNs: stat.mtimeNs,
      linkName: first ?? (stat.isSymbolicLink() ? readlinkSync(source) : ''),
      xattrs: xattrsOf(source),
    },
  };
}

function xattrsOf(path: string): Record<string, Buffer> {
  try {
    return Object.fromEntries(keptXattrs(Buffer.from(path).toString('latin1')));
  } catch (error) {
    // Not all file systems have them, and not all of them are everybody's to read.
    if (hasErrorCode(error, 'ENOTSUP', 'EOPNOTSUPP', 'EACCES', 'EPERM', 'ENOENT')) return {};
    throw error;
  }
}
