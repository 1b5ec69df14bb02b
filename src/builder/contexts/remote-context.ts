import { closeSync, constants, createWriteStream, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { digestOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { MAX_DOCKERFILE_BYTES } from '../../dockerfile/read-lines.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { AgentSource, ReceivedFiles, SecretSource } from '../build-request.ts';
import { extractContext, isArchive } from '../operations/unpacked-archive.ts';
import { cloneRepository } from './clone-repository.ts';
import { isGitReference, parseGitReference } from './git-reference.ts';

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'> & { secrets: SecretSource; agents: AgentSource };

/** What a single file is called in its context. */
export const DOCKERFILE = 'Dockerfile';

/**
 * The files of a context that is elsewhere: a git repository, an archive at a URL, or a single file there, which is a
 * Dockerfile.
 * @throws EngineError invalid-parameter for what is none of them; as git or the server says
 */
export async function openRemoteContext(
  holder: Holder,
  address: string,
  { keepGitDirectory = false } = {},
): Promise<ReceivedFiles> {
  if (isGitReference(address))
    return cloneRepository(holder, parseGitReference(address), { keepGitDirectory });
  if (!/^https?:\/\//.test(address))
    throw new EngineError('invalid-parameter', `unsupported build context: ${address}`);
  const { body } = await holder.parts.download(address, holder.signal);
  return openSentContext(holder, body);
}

/** The files of an archive that comes in a stream, or of the single file that it is. */
export async function openSentContext(
  holder: Pick<Holder, 'parts' | 'undo' | 'signal'>,
  content: Readable,
): Promise<ReceivedFiles> {
  const path = temporaryDirectory(holder);
  const file = join(temporaryDirectory(holder), 'context');
  await pipeline(content, createWriteStream(file, { mode: 0o600 }), { signal: holder.signal });
  const fd = openSync(file, constants.O_RDONLY);
  try {
    if (await isArchive(fd)) return { path, identity: await extractContext(holder.parts, fd, path) };
  } finally {
    closeSync(fd);
  }
  const text = readFileSync(file);
  if (text.length > MAX_DOCKERFILE_BYTES)
    throw new EngineError('invalid-parameter', 'the build context is neither an archive nor a Dockerfile');
  writeFileSync(join(path, DOCKERFILE), text);
  return { path, identity: digestOf(text), isDockerfile: true };
}
