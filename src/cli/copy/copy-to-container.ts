import type { Readable } from 'node:stream';
import { packingStream } from '../../archive/rooted/pack-stream.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import type { CommandContext } from '../context.ts';
import { counted } from '../streams/byte-progress.ts';
import {
  archivePath,
  GO_DIRECTORY,
  hasBit,
  linkTarget,
  statContainerPath,
  unfitKind,
} from './container-path.ts';
import { type CopyRequest, reportCopy } from './copy-request.ts';
import { localSource, resolveLocalPath } from './local-path.ts';
import { type CopyDestination, prepareCopy } from './prepare-copy.ts';

/** `docker cp SRC CONTAINER:PATH`, and with `-` as SRC a tar from standard input. */
export async function copyToContainer(
  context: CommandContext,
  threads: RootedThreads,
  request: CopyRequest,
): Promise<void> {
  const { container, local, quiet } = request;
  const client = await context.client();
  const destination = await containerDestination(client, request);
  const archive =
    local === '-'
      ? { directory: destination.path, stream: standardInput(context, request, destination) }
      : localArchive(threads, request, destination);
  const isSilent = quiet || local === '-';
  const progress = isSilent ? undefined : counted(archive.stream, context.stderr, 'Copying to container');
  const upload = progress ?? archive.stream;
  const query = {
    path: archive.directory,
    noOverwriteDirNonDir: 'true',
    copyUIDGID: request.archive ? 'true' : undefined,
  };
  try {
    (await client.stream('PUT', archivePath(container), { query, upload })).resume();
  } finally {
    archive.stream.destroy();
    progress?.destroy();
  }
  if (progress !== undefined) reportCopy(context.stderr, progress, `${container}:${destination.path}`);
}

async function containerDestination(
  client: Parameters<typeof statContainerPath>[0],
  { container, path }: CopyRequest,
): Promise<CopyDestination> {
  let stat = await statContainerPath(client, container, path);
  const target = linkTarget(stat, path);
  if (target !== undefined) stat = await statContainerPath(client, container, target);
  const unfit = unfitKind(stat);
  if (unfit !== undefined)
    throw new Error(`destination "${container}:${path}" must be a directory or a regular file: ${unfit}`);
  const isDirectory = stat !== undefined && hasBit(stat, GO_DIRECTORY);
  return { path: target ?? path, exists: stat !== undefined, isDirectory };
}

function standardInput(
  { stdin }: CommandContext,
  { container, path }: CopyRequest,
  { isDirectory }: CopyDestination,
): Readable {
  if (!isDirectory) throw new Error(`destination "${container}:${path}" must be a directory`);
  return stdin;
}

function localArchive(
  threads: RootedThreads,
  { local, followLink }: CopyRequest,
  destination: CopyDestination,
): { directory: string; stream: Readable } {
  const source = localSource(resolveLocalPath(local), followLink);
  const { directory, to } = prepareCopy(source, destination);
  const { stream } = packingStream(threads, outputFd => ({
    kind: 'pack-host',
    path: source.path,
    name: to,
    outputFd,
  }));
  return { directory, stream };
}
