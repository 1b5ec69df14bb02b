import { closeSync, constants, openSync } from 'node:fs';
import { openDetachedOverlay, type OverlayOptions } from '../../kernel/detached-overlay.ts';
import { cloneMount, withoutDevices } from '../../kernel/own-mounts.ts';

/**
 * Opens a tree, a directory or an overlay, as a detached mount, or again the one that a descriptor is of. Devices in it
 * cannot be opened: a container that is at work may put one of the host's in the place of a file that was just looked
 * at. The caller closes it.
 * @throws SyscallError
 */
export function openWithoutDevices(tree: string | number | OverlayOptions): number {
  if (typeof tree === 'number') {
    withoutDevices(tree);
    return openSync(`/proc/self/fd/${tree}`, constants.O_DIRECTORY);
  }
  // Overlays have that from the beginning.
  if (typeof tree !== 'string') return openDetachedOverlay(tree);
  return sealed(cloneMount(tree, { recursive: false }));
}

/** The mount, whose devices cannot be opened from now on; it is closed when that fails. @throws SyscallError */
export function sealed(mount: number): number {
  try {
    withoutDevices(mount);
    return mount;
  } catch (error) {
    closeSync(mount);
    throw error;
  }
}
