import { EngineError } from '../../base/errors.ts';
import { readable } from '../archive-path.ts';

/**
 * How the removal of files in lower layers is recorded.
 *
 * - `overlay`: as overlayfs does: a character device 0:0, and the attribute `trusted.overlay.opaque`.
 * - `overlay-user`: as overlayfs does with `userxattr`: the attribute is `user.overlay.opaque`.
 * - `apply`: not at all: the files are removed, as the directory holds the lower layers, too.
 * - `keep`: entries named `.wh.` are files like others.
 */
export type WhiteoutMode = keyof typeof OPAQUE_XATTRS | 'apply' | 'keep';

/** By which a directory hides those of lower layers, where its value is `y`. */
export const OPAQUE_XATTRS = {
  overlay: 'trusted.overlay.opaque',
  'overlay-user': 'user.overlay.opaque',
};
export const WHITEOUT_PREFIX = '.wh.';
export const OPAQUE_MARKER = '.wh..wh..opq';
const META_PREFIX = '.wh..wh.';

export type Whiteout =
  | { kind: 'remove'; name: string }
  | { kind: 'opaque' }
  /** Left behind by aufs: of no meaning. */
  | { kind: 'meta' };

/**
 * What the last component of an entry's path says (OCI image-spec, layer.md, "Whiteouts"); undefined for a
 * file like others.
 * @throws EngineError invalid-parameter for a whiteout of `.` or `..`
 */
export function whiteoutOf(base: string): Whiteout | undefined {
  if (!base.startsWith(WHITEOUT_PREFIX)) return undefined;
  if (base === OPAQUE_MARKER) return { kind: 'opaque' };
  if (base.startsWith(META_PREFIX)) return { kind: 'meta' };
  const name = base.slice(WHITEOUT_PREFIX.length);
  if (name === '' || name === '.' || name === '..')
    throw new EngineError('invalid-parameter', `invalid whiteout name: ${readable(base)}`);
  return { kind: 'remove', name };
}
