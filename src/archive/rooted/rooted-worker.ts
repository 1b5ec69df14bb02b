/**
 * The thread that works inside a directory it cannot get out of: before a job it makes that directory its root
 * (thread-root.ts), and afterwards leaves it again. Within a job only synchronous file system calls may be
 * made, and calls on open descriptors.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import { separateThreadRoot, withRoot } from '../../kernel/thread-root.ts';
import { compareTrees } from '../trees/compare-trees.ts';
import { copyTree } from '../trees/copy-tree.ts';
import { hashFile } from './hash-file.ts';
import { measureDisk, measureTree } from '../trees/measure-tree.ts';
import { followRecipe, makeRecipe } from './recipe-jobs.ts';
import { removeSubvolumes } from '../trees/remove-subvolumes.ts';
import { removeTree } from '../trees/remove-tree.ts';
import { listTree } from '../trees/list-tree.ts';
import { rewriteTimes } from './rewrite-times.ts';
import type {
  CopyJob,
  MeasureAllJob,
  PackJob,
  RootedError,
  RootedJob,
  RootedReply,
  RootedRequest,
  RootedWorkerData,
} from './rooted-jobs.ts';
import { packTree } from '../trees/tree-packer.ts';
import { extractStream, extractToHost } from './extract-stream.ts';
import { withView } from './file-system-view.ts';
import { listChanges, packChanges } from './container-changes.ts';
import { matchPaths, packCopy } from './pack-copy.ts';
import { packPath, packPathAs } from './pack-path.ts';
import { statPath } from './path-stat.ts';
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { unpackArchive } from './unpack-archive.ts';
import { openWithoutDevices } from './without-devices.ts';

const port = parentPort;
if (port === null) throw new TypeError('rooted-worker.ts runs as a worker thread');
separateThreadRoot();
/** The root to return to, which is the caller's to close. */
const { home } = workerData as RootedWorkerData;
/** How much of a too long name an error shows. */
const SHOWN_LENGTH = 300;
const reply = (message: RootedReply) => port.postMessage(message);

port.on('message', async ({ id, job }: RootedRequest) => {
  try {
    const result = await run(job, progressBytes => reply({ id, progressBytes }));
    reply({ id, result });
  } catch (error) {
    reply({ id, error: describe(error) });
  }
});

function describe(error: unknown): RootedError {
  const message = messageOf(error);
  const { kind, hint } = error instanceof EngineError ? error : { kind: 'system' as const, hint: undefined };
  const isTooLong = [error, (error as Error).cause].some(each => errorCode(each) === 'ENAMETOOLONG');
  if (!isTooLong) return { kind, message, hint };
  // It is the container's, or the archive's, and may be several times as long as what can be shown.
  const shown =
    message.length > SHOWN_LENGTH ? `file name too long: ${message.slice(0, SHOWN_LENGTH)}…` : message;
  return { kind: 'invalid-parameter', message: shown, hint };
}

async function run(job: RootedJob, progress: (bytes: number) => void): Promise<unknown> {
  switch (job.kind) {
    case 'unpack':
      return withRoot(home, job.root, root => unpackArchive(root, job, progress));
    case 'pack':
      return inTree(job.root, root => packTree(root, job.outputFd));
    case 'measure':
      return (await ifThere(job.root, root => measureTree(root, job.except))) ?? 0;
    case 'measure-all':
      return measureAll(job);
    case 'remove':
      return withRoot(home, job.root, root => removeTree(root, job.name));
    case 'remove-subvolumes':
      return withRoot(home, job.root, removeSubvolumes);
    case 'copy':
      return copy(job);
    case 'stat-path':
      return withView(home, job.view, () => statPath(job.path));
    case 'pack-path':
      return withView(home, job.view, () => packPath(job.path, job.outputFd));
    case 'pack-view':
      return withView(home, job.view, root => packTree(root, job.outputFd));
    case 'extract':
      return withView(home, job.view, () => extractStream(job));
    case 'pack-host':
      return packPathAs(job.path, job.name, job.outputFd);
    case 'extract-host':
      return extractToHost(job);
    case 'changes':
      return listChanges(home, job.trees);
    case 'pack-changes':
      return packChanges(home, job);
    case 'match-paths':
      return matchPaths(home, job);
    case 'pack-copy':
      return packCopy(home, job);
    case 'list-tree':
      return inTree(job.root, root => listTree(root, job.outputFd));
    case 'rewrite-times':
      return rewriteTimes(job);
    case 'reach':
      return void statSync(job.path, { throwIfNoEntry: false });
    case 'hash':
      return hashFile(job.fd, progress);
    case 'compare':
      return compareTrees(job.actual, job.expected);
    case 'measure-disk':
      return ifThere(job.root, measureDisk);
    case 'make-recipe':
      return withRoot(home, job.root, () => makeRecipe(job));
    case 'follow-recipe':
      return withRoot(home, job.root, () => followRecipe(job));
  }
}

async function measureAll({ roots, except }: MeasureAllJob): Promise<(number | undefined)[]> {
  const sizes: (number | undefined)[] = [];
  for (const path of roots) sizes.push(await ifThere(path, root => measureTree(root, except)));
  return sizes;
}

/** Undefined where there is no such directory (any more). */
async function ifThere<T>(path: string, task: (root: number) => T): Promise<T | undefined> {
  try {
    return await withRoot(home, path, task);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function copy({ from, to }: CopyJob): Promise<void> {
  const source = typeof from === 'number' ? from : openSync(from, constants.O_DIRECTORY);
  try {
    await withRoot(home, to, root => copyTree(source, root));
  } finally {
    if (typeof from !== 'number') closeSync(source);
  }
}

async function inTree(root: PackJob['root'], task: (root: number) => void): Promise<void> {
  const tree = typeof root === 'number' ? root : openWithoutDevices(root);
  try {
    await withRoot(home, tree, task);
  } finally {
    if (typeof root !== 'number') closeSync(tree);
  }
}
