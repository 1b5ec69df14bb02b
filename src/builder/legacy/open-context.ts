import { closeSync, constants, fstatSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import { IgnorePatterns, readIgnoreFile } from '../../base/ignore-patterns.ts';
import { MAX_DOCKERFILE_BYTES } from '../../dockerfile/read-lines.ts';
import { openInRoot } from '../../kernel/open-beneath.ts';
import { openRoot } from '../../kernel/thread-root.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import { NOTHING_GRANTED, type ReceivedFiles } from '../build-request.ts';
import { DOCKERFILE, openRemoteContext } from '../contexts/remote-context.ts';
import { extractContext } from '../operations/unpacked-archive.ts';

export type OpenContext = { directory: string; identity: string; dockerfile: string; dockerfileName: string };
type Holder = Pick<Build, 'parts' | 'undo' | 'signal'>;

const { O_RDONLY, O_NONBLOCK } = constants;
const IGNORE_FILE = '.dockerignore';
/** As much as a Dockerfile may have, which is more than enough. */
const MAX_IGNORE_BYTES = MAX_DOCKERFILE_BYTES;

/**
 * Unpacks the context that a client sends, or that is at a URL, and reads the Dockerfile in it.
 * @throws EngineError invalid-parameter in Docker's words
 */
export async function openContext(
  holder: Holder,
  { body, remote, dockerfile }: { body: Readable; remote: string; dockerfile: string },
): Promise<OpenContext> {
  const received: ReceivedFiles =
    remote === ''
      ? await receivedArchive(holder, body)
      : await openRemoteContext({ ...holder, ...NOTHING_GRANTED }, remote);
  // What is behind the archive's end nobody wants, but while it is not read, nobody hears that the client goes.
  body.destroy();
  const { path: directory, identity } = received;
  const name = received.isDockerfile ? DOCKERFILE : findDockerfile(directory, dockerfile || DOCKERFILE);
  const text = readContextFile(directory, name, MAX_DOCKERFILE_BYTES);
  if (text === undefined)
    throw new EngineError('invalid-parameter', `Cannot locate specified Dockerfile: ${name}`);
  if (text === '') throw new EngineError('invalid-parameter', `the Dockerfile (${name}) cannot be empty`);
  leaveOut(directory, name);
  return { directory, identity, dockerfile: text, dockerfileName: name };
}

async function receivedArchive(holder: Holder, body: Readable): Promise<ReceivedFiles> {
  const path = temporaryDirectory(holder);
  return { path, identity: await extractContext(holder.parts, body, path) };
}

/** One that is called `dockerfile` is found, too. */
function findDockerfile(directory: string, name: string): string {
  if (name !== DOCKERFILE || readContextFile(directory, name, MAX_DOCKERFILE_BYTES) !== undefined)
    return name;
  const lower = name.toLowerCase();
  return readContextFile(directory, lower, MAX_DOCKERFILE_BYTES) === undefined ? name : lower;
}

/** A file of a context, links resolved in it; undefined where there is none. */
export function readContextFile(directory: string, path: string, maximumBytes: number): string | undefined {
  const root = openRoot(directory);
  try {
    const fd = openInRoot(root, path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) return undefined;
    try {
      return readWhole(fd, path, maximumBytes);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(root);
  }
}

function readWhole(fd: number, path: string, maximumBytes: number): string | undefined {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return undefined;
  if (stat.size > maximumBytes)
    throw new EngineError(
      'invalid-parameter',
      `${path} is larger than the ${maximumBytes} bytes that it may have`,
    );
  const content = Buffer.alloc(stat.size);
  return content.toString('utf8', 0, readSync(fd, content, 0, content.length, 0));
}

/** A Dockerfile and a .dockerignore that the latter names are not copied; clients leave out the rest. */
function leaveOut(directory: string, dockerfile: string): void {
  const text = readContextFile(directory, IGNORE_FILE, MAX_IGNORE_BYTES);
  if (text === undefined) return;
  const patterns = new IgnorePatterns(readIgnoreFile(text));
  for (const name of [IGNORE_FILE, dockerfile])
    if (!name.includes('/') && patterns.ignores(name)) rmSync(join(directory, name), { force: true });
}
