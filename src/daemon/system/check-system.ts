import type { SystemCheckOptions, SystemCheckProgress, SystemCheckReport } from '../../api/types.ts';
import type { Daemon } from '../container/daemon.ts';
import { checkDirectories } from './check-directories.ts';

/** Slipway's own `system check`: all that the graph keeps, compared with what containers there are. */
export async function checkSystem(
  daemon: Daemon,
  options: SystemCheckOptions,
  progress: (progress: SystemCheckProgress) => void,
): Promise<SystemCheckReport> {
  const { containers, graph, store, background } = daemon;
  // Layers of containers that have just been removed may not be gone yet.
  await background.idle();
  const report = await graph.check({
    ...options,
    // One that is being made has no record yet, but is noted as what would be left over.
    isContainer: id =>
      containers.lookup(id)?.id === id || store.leftovers().some(leftover => leftover.id === id),
    isRunning: id => containers.lookup(id)?.isRunning === true,
    progress,
  });
  if (options.repair) {
    // A layer that was unpacked again may have another short name.
    for (const container of containers.all()) if (!container.isRunning) container.layer = undefined;
  }
  return {
    Blobs: report.blobs,
    BlobBytes: report.blobBytes,
    Layers: report.layers,
    ContainerLayers: report.containerLayers,
    Findings: [
      ...report.findings.map(({ kind, subject, detail, images, repaired }) => ({
        Kind: kind,
        Subject: subject,
        Detail: detail,
        Images: images,
        Repaired: repaired,
      })),
      ...checkDirectories(daemon, options),
    ],
  };
}
