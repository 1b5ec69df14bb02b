import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EngineError, errorCode } from '../base/errors.ts';
import type { Spec } from '../libcontainer/spec.ts';
import { readJson } from './read-json.ts';
import { SPEC_CHECK } from './spec-checks.ts';

export type Bundle = { path: string; spec: Spec; rootfs: string };

/**
 * A bundle's configuration (bundle.md), and where its root file system is.
 * @throws EngineError invalid-parameter
 */
export function readBundle(given: string | undefined): Bundle {
  const path = resolve(given ?? '.');
  let spec: Spec;
  try {
    spec = readJson(join(path, 'config.json'), 'config.json', SPEC_CHECK);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new EngineError('invalid-parameter', `JSON specification file config.json not found in ${path}`);
  }
  checkVersion(spec.ociVersion);
  const rootfs = resolve(path, spec.root?.path ?? '');
  if (!statSync(rootfs, { throwIfNoEntry: false })?.isDirectory())
    throw new EngineError(
      'invalid-parameter',
      `config.json: root.path: expected a directory, there is none at ${rootfs}`,
    );
  const { user, ...process } = spec.process!;
  return {
    path,
    spec: { ...spec, process: { ...process, user: { ...user, uid: user?.uid ?? 0, gid: user?.gid ?? 0 } } },
    rootfs,
  };
}

function checkVersion(version: string): void {
  if (!/^1\.\d+\.\d+/.test(version))
    throw new EngineError(
      'invalid-parameter',
      `config.json: ociVersion: expected a version 1.x.y, got ${JSON.stringify(version)}`,
    );
}
