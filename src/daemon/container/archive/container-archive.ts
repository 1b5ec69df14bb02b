import { openLayer } from '../open-layer.ts';
import type { Readable } from 'node:stream';
import { extractFrom } from '../../../archive/rooted/extract-from.ts';
import { type Packing, packingStream } from '../../../archive/rooted/pack-stream.ts';
import type { ExtractingJob } from '../../../archive/rooted/rooted-jobs.ts';
import { absolutePath } from '../../../archive/go-path.ts';
import type { PathStat } from '../../../archive/rooted/path-stat.ts';
import type { ContainerPathStat } from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import { formatTime } from '../../model/clock.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { notFound } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { resolveUser } from '../../../oci/resolve-user.ts';
import { withContainerView, withoutMounts } from './container-view.ts';
import { checkPathLength } from '../../../base/path-length.ts';

type Target = { container: Container /** As the client named it. */; reference: string; path: string };

/** `HEAD /containers/ID/archive`. @throws EngineError not-found, system, in Docker's words */
export function statContainerPath(daemon: Daemon, target: Target): Promise<ContainerPathStat> {
  return statPath(daemon, target, target.path);
}

async function statPath(daemon: Daemon, target: Target, path: string): Promise<ContainerPathStat> {
  checkPathLength(path);
  return withContainerView(daemon, target.container, async view => {
    const job = { kind: 'stat-path', view, path } as const;
    return describe(await namingTarget(target, daemon.threads.run(job)));
  });
}

export type ContainerArchive = { stat: ContainerPathStat; stream: Readable };

/**
 * `GET /containers/ID/archive`: a tar of what is at the path. A container that does not run waits until the stream
 * has been read or destroyed.
 * @throws EngineError not-found, system, in Docker's words
 */
export async function archiveContainerPath(daemon: Daemon, target: Target): Promise<ContainerArchive> {
  const { container, path } = target;
  checkPathLength(path);
  const stat = await statPath(daemon, target, absolutePath(path));
  const stream = await streaming<Readable>(hand =>
    withContainerView(daemon, container, async (view, signal) => {
      const job = { kind: 'pack-path', view, path } as const;
      const packing = packingStream(daemon.threads, outputFd => ({ ...job, outputFd }));
      hand(packing.stream);
      await untilDone(packing, signal);
    }),
  );
  containerEvent(daemon, container, 'archive-path');
  return { stat, stream };
}

/** `docker export`: the container's root, without what is mounted in it. */
export async function exportContainer(daemon: Daemon, container: Container): Promise<Readable> {
  const stream = await streaming<Readable>(hand =>
    withContainerView(daemon, container, async (view, signal) => {
      const root = withoutMounts(view);
      const packed = packingStream(daemon.threads, outputFd => ({ kind: 'pack-view', view: root, outputFd }));
      hand(packed.stream);
      await untilDone(packed, signal);
    }),
  );
  containerEvent(daemon, container, 'export');
  return stream;
}

export type ExtractRequest = { copyUIDGID: boolean; noOverwriteDirNonDir: boolean };

/**
 * `PUT /containers/ID/archive`: unpacks a tar, compressed or not, into a directory of the container.
 * @throws EngineError not-found, invalid-parameter, system, in Docker's words
 */
export async function extractToContainer(
  daemon: Daemon,
  target: Target & { content: Readable; request: ExtractRequest },
): Promise<void> {
  const { container, path, content, request } = target;
  checkPathLength(path);
  const { record } = container;
  const owner = request.copyUIDGID ? await containerUser(daemon, container) : undefined;
  const unpack = { keepKinds: request.noOverwriteDirNonDir, ...(owner === undefined ? {} : { owner }) };
  await withContainerView(daemon, container, (view, signal) => {
    const job = (inputFd: number): ExtractingJob => ({
      kind: 'extract',
      view,
      path,
      inputFd,
      unpack,
      mounts: record.mounts.map(({ destination, writable }) => ({ destination, writable })),
      readonlyRoot: record.hostConfig.ReadonlyRootfs,
    });
    return namingTarget(target, extractFrom(daemon.threads, content, job, signal));
  });
  containerEvent(daemon, container, 'extract-to-dir');
}

/** When the signal aborts, who reads the stream hears of it, and nothing is waited for but the thread. */
async function untilDone({ stream, done }: Packing, signal: AbortSignal): Promise<void> {
  const giveUp = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  await done;
}

/** Whom the files belong to that are copied with `-a`; undefined: whom the archive says. */
async function containerUser(
  daemon: Daemon,
  container: Container,
): Promise<{ uid: number; gid: number } | undefined> {
  const { User: user } = container.record.config;
  if (!user) return undefined;
  const layer = await openLayer(daemon, container);
  const { uid, gid } = await resolveUser(user, layer);
  return { uid, gid };
}

function describe({ name, size, mode, mtimeNs, linkTarget }: PathStat): ContainerPathStat {
  return { name, size, mode, mtime: formatTime(mtimeNs), linkTarget };
}

async function namingTarget<T>({ reference, path }: Target, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isMissing = error instanceof EngineError && error.kind === 'not-found';
    throw isMissing ? notFound(`Could not find the file ${path} in container ${reference}`) : error;
  }
}

/** Settles with what `work` hands over, or fails with it if it fails before; `work` goes on. */
function streaming<T>(work: (hand: (result: T) => void) => Promise<void>): Promise<T> {
  return new Promise((resolve, reject) => {
    work(resolve).catch(reject);
  });
}
