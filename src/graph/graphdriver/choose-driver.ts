import { existsSync, readdirSync } from 'node:fs';
import type { RootedThreads } from '../../archive/rooted-threads.ts';
import { EngineError } from '../../base/errors.ts';
import type { GraphDriver } from './graph-driver.ts';
import { Overlay2 } from './overlay2.ts';
import { Vfs } from './vfs.ts';

const DRIVERS: Record<string, new (root: string, threads: RootedThreads) => GraphDriver> = {
  overlay2: Overlay2,
  vfs: Vfs,
};
/** Best first. */
const PREFERENCE = ['overlay2', 'vfs'];

/**
 * The driver of that name, or the one that this root was used with before, or the best that works here.
 * @throws EngineError invalid-parameter for an unknown name, unavailable when it does not work
 */
export function chooseDriver(root: string, threads: RootedThreads, name?: string): GraphDriver {
  if (name !== undefined && name !== '') return openDriver(root, threads, name);
  const used = PREFERENCE.find(candidate => hasLayers(`${root}/${candidate}`));
  if (used !== undefined) return openDriver(root, threads, used);
  const problems: unknown[] = [];
  for (const candidate of PREFERENCE) {
    try {
      return openDriver(root, threads, candidate);
    } catch (error) {
      problems.push(error);
    }
  }
  throw new EngineError('unavailable', 'no supported storage driver found', {
    cause: new AggregateError(problems),
  });
}

function openDriver(root: string, threads: RootedThreads, name: string): GraphDriver {
  const Driver = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined;
  if (Driver === undefined)
    throw new EngineError(
      'invalid-parameter',
      `error initializing graphdriver: driver not supported: ${name}`,
      {
        hint: `Storage drivers are: ${PREFERENCE.join(', ')}`,
      },
    );
  return new Driver(`${root}/${name}`, threads);
}

function hasLayers(root: string): boolean {
  if (!existsSync(root)) return false;
  const names = readdirSync(existsSync(`${root}/layers`) ? `${root}/layers` : root);
  return names.some(name => /^[0-9a-f]{64}$/.test(name));
}
