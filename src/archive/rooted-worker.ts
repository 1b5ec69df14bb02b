/**
 * The thread that works inside a directory it cannot get out of: before a job it makes that directory its root
 * (thread-root.ts), and afterwards leaves it again. Within a job only synchronous file system calls may be
 * made, and calls on open descriptors.
 */
import { parentPort } from 'node:worker_threads';
import { EngineError, messageOf } from '../base/errors.ts';
import { openDetachedOverlay } from '../kernel/detached-overlay.ts';
import { separateThreadRoot, withRoot } from '../kernel/thread-root.ts';
import { compareTrees } from './compare-trees.ts';
import { copyTree } from './copy-tree.ts';
import { hashFile } from './hash-file.ts';
import { measureDisk } from './measure-disk.ts';
import { measureTree } from './measure-tree.ts';
import { followRecipe, makeRecipe } from './recipe-jobs.ts';
import type { PackJob, RootedJob, RootedReply, RootedRequest } from './rooted-jobs.ts';
import { packTree } from './tree-packer.ts';
import { extractStream, extractToHost } from './extract-stream.ts';
import { withView } from './file-system-view.ts';
import { listChanges, packChanges } from './container-changes.ts';
import { packPath, packPathAs } from './pack-path.ts';
import { statPath } from './path-stat.ts';
import { closeSync, rmSync } from 'node:fs';
import { unpackArchive } from './unpack-archive.ts';
import { hostPath } from './archive-path.ts';

const port = parentPort;
if (port === null) throw new TypeError('rooted-worker.ts runs as a worker thread');
const home = separateThreadRoot();
const reply = (message: RootedReply) => port.postMessage(message);

port.on('message', async ({ id, job }: RootedRequest) => {
  try {
    const result = await run(job, progressBytes => reply({ id, progressBytes }));
    reply({ id, result });
  } catch (error) {
    const { kind, hint } =
      error instanceof EngineError ? error : { kind: 'system' as const, hint: undefined };
    reply({ id, error: { kind, message: messageOf(error), hint } });
  }
});

async function run(job: RootedJob, progress: (bytes: number) => void): Promise<unknown> {
  switch (job.kind) {
    case 'unpack':
      return withRoot(home, job.root, () => unpackArchive(job, progress));
    case 'pack':
      return pack(job);
    case 'measure':
      return withRoot(home, job.root, () => measureTree(job.except));
    case 'remove':
      return withRoot(home, job.root, () =>
        rmSync(hostPath(`/${job.name}`), { recursive: true, force: true }),
      );
    case 'copy':
      return withRoot(home, job.root, () => copyTree(`/${job.from}`, `/${job.to}`));
    case 'stat-path':
      return withView(home, job.view, () => statPath(job.path));
    case 'pack-path':
      return withView(home, job.view, () => packPath(job.path, job.outputFd));
    case 'pack-view':
      return withView(home, job.view, () => packTree(job.outputFd));
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
    case 'hash':
      return hashFile(job.fd, progress);
    case 'compare':
      return compareTrees(job.actual, job.expected);
    case 'measure-disk':
      return measureDisk(job.directory);
    case 'make-recipe':
      return withRoot(home, job.root, () => makeRecipe(job));
    case 'follow-recipe':
      return withRoot(home, job.root, () => followRecipe(job));
  }
}

async function pack({ root, outputFd }: PackJob): Promise<void> {
  if (typeof root !== 'object') return withRoot(home, root, () => packTree(outputFd));
  const overlay = openDetachedOverlay(root);
  try {
    await withRoot(home, overlay, () => packTree(outputFd));
  } finally {
    closeSync(overlay);
  }
}
