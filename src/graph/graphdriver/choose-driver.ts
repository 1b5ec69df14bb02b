import { existsSync, readdirSync } from 'node:fs';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { btrfs } from './btrfs.ts';
import { fuseOverlayfs } from './fuse-overlayfs.ts';
import type { GraphDriver, StorageDriver } from './graph-driver.ts';
import { loadStorageDriver } from './load-storage-driver.ts';
import { overlay2 } from './overlay2.ts';
import { vfs } from './vfs.ts';

/** Best first. */
const BUILT_IN: readonly StorageDriver[] = [overlay2, btrfs, fuseOverlayfs, vfs];

/** Drivers that Docker has removed. */
const REMOVED = ['aufs', 'devicemapper', 'overlay'];

export type ChooseDriver = {
  /** The graph's: each driver has a directory of its name in it. */
  root: string;
  threads: RootedThreads;
  /** `--storage-driver`: a name, or the path of a module. */
  name?: string | undefined;
  /** `--storage-opt` */
  options?: readonly string[] | undefined;
  /** Others than those built in. */
  drivers?: readonly StorageDriver[] | undefined;
};

export type ChosenDriver = {
  driver: GraphDriver;
  /** For people to read. */
  reason: string;
};

/**
 * The driver of that name, or the one that this root was used with before, or the best that works here.
 * @throws EngineError invalid-parameter for an unknown name or option, conflict when several were used before,
 *   unavailable when it does not work
 */
export async function chooseDriver(choice: ChooseDriver): Promise<ChosenDriver> {
  const { root, threads, name = '', options = [], drivers = [] } = choice;
  const open = (driver: StorageDriver) =>
    driver.open({ root: `${root}/${driver.name}`, threads, options, EngineError });
  const known = [...drivers, ...BUILT_IN];
  if (name !== '') return { driver: await open(await findDriver(name, known)), reason: 'asked for' };
  const [used, other] = known.filter(candidate => isUsed(`${root}/${candidate.name}`));
  if (other !== undefined)
    throw new EngineError(
      'conflict',
      `${root} contains several valid graphdrivers: ${used?.name}, ${other.name}; cleanup or explicitly choose storage driver (-s <DRIVER>)`,
    );
  if (used !== undefined) return { driver: await open(used), reason: 'used here before' };
  return openBest(BUILT_IN, open);
}

async function openBest(
  candidates: readonly StorageDriver[],
  open: (driver: StorageDriver) => Promise<GraphDriver>,
): Promise<ChosenDriver> {
  const problems: string[] = [];
  for (const candidate of candidates) {
    try {
      const driver = await open(candidate);
      return { driver, reason: ['the best that works here', ...problems].join('; ') };
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'unavailable') throw error;
      problems.push(messageOf(error));
    }
  }
  throw new EngineError('unavailable', `no supported storage driver found: ${problems.join('; ')}`);
}

async function findDriver(name: string, known: readonly StorageDriver[]): Promise<StorageDriver> {
  if (name.includes('/')) return loadStorageDriver(name);
  const driver = known.find(candidate => candidate.name === name);
  if (driver !== undefined) return driver;
  const problem = REMOVED.includes(name)
    ? `the ${name} storage-driver has been deprecated and removed`
    : `driver not supported: ${name}`;
  throw new EngineError('invalid-parameter', `error initializing graphdriver: ${problem}`, {
    hint: `Storage drivers are: ${known.map(candidate => candidate.name).join(', ')}, and the paths of modules`,
  });
}

/** Whether a driver keeps layers or containers in this directory. */
function isUsed(root: string): boolean {
  return ['', '/layers', '/containers'].some(
    directory =>
      existsSync(root + directory) && readdirSync(root + directory).some(name => /^[0-9a-f]{64}$/.test(name)),
  );
}
