import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { EngineError, errorCode } from '../base/errors.ts';
import { isBindMount } from '../libcontainer/mount-options.ts';
import type { Mount, Spec } from '../oci/runtime-spec.ts';
import { readJson } from './read-json.ts';
import { SPEC_CHECK } from './spec-checks.ts';

export type Bundle = { path: string; spec: Spec; rootfs: string };

/**
 * A bundle's configuration (bundle.md), and where its root file system is. Relative sources of binds count from
 * the bundle; a destination with the root's own path in front means the place below it, as older callers of
 * runc write it.
 * @param config its file, `config.json` in the bundle when not given
 * @throws EngineError invalid-parameter
 */
export function readBundle(given: string | undefined, config = 'config.json'): Bundle {
  const path = resolve(given ?? '.');
  let spec: Spec;
  try {
    spec = readJson(resolve(path, config), config, SPEC_CHECK);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new EngineError('invalid-parameter', `JSON specification file ${config} not found in ${path}`);
  }
  checkVersion(spec.ociVersion);
  const rootfs = resolve(path, spec.root?.path ?? '');
  if (!statSync(rootfs, { throwIfNoEntry: false })?.isDirectory())
    throw new EngineError(
      'invalid-parameter',
      `${config}: root.path: expected a directory, there is none at ${rootfs}`,
    );
  const { user, ...process } = spec.process!;
  return {
    path,
    spec: {
      ...spec,
      process: { ...process, user: { ...user, uid: user?.uid ?? 0, gid: user?.gid ?? 0 } },
      mounts: spec.mounts?.map(mount => placed(mount, path, rootfs)),
    },
    rootfs,
  };
}

function placed(mount: Mount, bundle: string, rootfs: string): Mount {
  const { source, destination } = mount;
  return {
    ...mount,
    source: source !== undefined && isBindMount(mount) ? resolve(bundle, source) : source,
    destination: destination.startsWith(`${rootfs}/`) ? destination.slice(rootfs.length) : destination,
  };
}

function checkVersion(version: string): void {
  if (!/^1\.\d+\.\d+/.test(version))
    throw new EngineError(
      'invalid-parameter',
      `config.json: ociVersion: expected a version 1.x.y, got ${JSON.stringify(version)}`,
    );
}
