import { pipeline } from 'node:stream/promises';
import { splitEntry } from '../../archive/go-path.ts';
import { extractFrom } from '../../archive/rooted/extract-from.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import type { CommandContext } from '../context.ts';
import { counted } from '../streams/byte-progress.ts';
import {
  archivePath,
  GO_DIRECTORY,
  hasBit,
  linkTarget,
  pathStatOf,
  statContainerPath,
} from './container-path.ts';
import { type CopyRequest, reportCopy } from './copy-request.ts';
import { checkOutputPath, localDestination, resolveLocalPath } from './local-path.ts';
import { followedLink, prepareCopy } from './prepare-copy.ts';

/** `docker cp CONTAINER:PATH DEST`, and with `-` as DEST a tar on standard output. */
export async function copyFromContainer(
  context: CommandContext,
  threads: RootedThreads,
  request: CopyRequest,
): Promise<void> {
  const toOutput = request.local === '-';
  const target = toOutput ? '-' : resolveLocalPath(request.local);
  checkOutputPath(target);
  const client = await context.client();
  const { container, path: asked } = request;
  const source = request.followLink ? await followed(client, container, asked) : { path: asked };
  const content = await client.stream('GET', archivePath(container), { query: { path: source.path } });
  if (toOutput) return pipeline(content, context.stdout, { end: false });
  const isDirectory = hasBit(pathStatOf(content.headers), GO_DIRECTORY);
  try {
    const inArchive = splitEntry(source.path).base;
    const copy = prepareCopy({ ...source, isDirectory }, localDestination(target));
    // Entries are called as what was asked for in the end; the user may have called it otherwise.
    const rename = { from: inArchive, to: copy.to };
    const progress = request.quiet ? undefined : counted(content, context.stderr, 'Copying from container');
    await extractFrom(threads, progress ?? content, inputFd => ({
      kind: 'extract-host',
      directory: copy.directory,
      rename,
      inputFd,
    }));
    if (progress !== undefined) reportCopy(context.stderr, progress, target);
  } finally {
    content.destroy();
  }
}

async function followed(client: Parameters<typeof statContainerPath>[0], container: string, path: string) {
  const target = linkTarget(await statContainerPath(client, container, path), path);
  return target === undefined ? { path } : followedLink(path, target);
}
