import { closeSync, constants, opendirSync } from 'node:fs';
import { copyAttributes } from '../../../archive/trees/copy-tree.ts';
import type { ContainerLayer } from '../../../graph/graph.ts';
import { openMountSource } from '../../../kernel/mount-source.ts';
import { openEntry, openInRoot } from '../../../kernel/open-beneath.ts';
import { hasErrorCode } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { MountRecord } from '../../model/container-record.ts';
import type { Daemon } from '../daemon.ts';
import { openImageTree } from './image-mounts.ts';
import { mountSourceOf } from './open-mount-sources.ts';

type VolumeCopier = Pick<Daemon, 'volumes' | 'threads'>;

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Fills empty volumes with what the image has at their destination, as Docker does when it creates a container. Other
 * containers may be at work in them meanwhile.
 * @throws EngineError conflict when they move its directories
 */
export async function populateVolumes(
  daemon: VolumeCopier,
  mounts: readonly MountRecord[],
  layer: ContainerLayer,
): Promise<void> {
  const slice = new TimeSlice();
  let image: number | undefined;
  // Once for all volumes: the kernel takes milliseconds to take a mount away.
  const openInImage: OpenInImage = async path => {
    image ??= await openImageTree(layer);
    return directoryOf(openInRoot(image, path, DIRECTORY));
  };
  try {
    for (const mount of mounts) {
      if (mount.type !== 'volume' || !mount.copyUp) continue;
      if (slice.isOver) await slice.pause();
      await populate(daemon, mount, openInImage);
    }
  } finally {
    if (image !== undefined) closeSync(image);
  }
}

/** The image's directory of that name, links followed within the image. */
type OpenInImage = (path: string) => Promise<number | undefined>;

async function populate(daemon: VolumeCopier, mount: MountRecord, openInImage: OpenInImage): Promise<void> {
  const to = openVolume(daemon, mount);
  if (to === undefined) return;
  try {
    const from = isEmpty(to) ? await openInImage(mount.destination) : undefined;
    if (from === undefined) return;
    try {
      if (isEmpty(from)) copyAttributes(from, to);
      else await daemon.threads.run({ kind: 'copy', from, to });
    } finally {
      closeSync(from);
    }
  } finally {
    closeSync(to);
  }
}

/** Undefined where it is no directory, or has gone: the start will tell. */
function openVolume({ volumes }: VolumeCopier, mount: MountRecord): number | undefined {
  try {
    const place = openMountSource(mountSourceOf(volumes, mount));
    try {
      return directoryOf(openEntry(place, '.', DIRECTORY));
    } finally {
      closeSync(place);
    }
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EXDEV', 'ELOOP')) return undefined;
    throw error;
  }
}

const directoryOf = (opened: number) => (opened < 0 ? undefined : opened);

function isEmpty(directory: number): boolean {
  const entries = opendirSync(`/proc/self/fd/${directory}`);
  try {
    return entries.readSync() === null;
  } finally {
    entries.closeSync();
  }
}
