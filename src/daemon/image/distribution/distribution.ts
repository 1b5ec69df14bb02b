import { Semaphore } from '../../../base/semaphore.ts';
import type { ArrivingLayer } from '../../../graph/operations/receive/arriving-layer.ts';
import {
  DEFAULT_PATIENCE,
  DEFAULT_RANGES,
  type RegistryOptions,
} from '../../../registry/client/registry-options.ts';
import type { DaemonCore } from '../../model/core.ts';
import type { DaemonOptions } from '../../model/daemon-options.ts';
import type { LayerState, UploadState } from './progress.ts';
import { SharedTransfers } from './shared-transfers.ts';

/** What the pulls and pushes of one engine have in common. */
export type Distribution = {
  /** Layers on their way in, by digest. */
  readonly layers: SharedTransfers<ArrivingLayer, LayerState>;
  /** Blobs on their way out, by repository and digest. */
  readonly sentBlobs: SharedTransfers<true, UploadState>;
  readonly downloads: Semaphore;
  readonly uploads: Semaphore;
  /** Under way. The engine's end gives them up. */
  readonly active: Set<Promise<void>>;
};

/** What the functions of this sub-room use. */
export type DistributionDaemon = DaemonCore & { readonly distribution: Distribution };

export function openDistribution(options: DaemonOptions): Distribution {
  return {
    layers: new SharedTransfers(layer => layer.close()),
    sentBlobs: new SharedTransfers(async () => undefined),
    downloads: new Semaphore(options.maxConcurrentDownloads),
    uploads: new Semaphore(options.maxConcurrentUploads),
    active: new Set(),
  };
}

export function registryOptions(options: DaemonOptions): RegistryOptions {
  return {
    insecureRegistries: options.insecureRegistries,
    mirrors: options.registryMirrors,
    certificateDirectories: options.certificateDirectories,
    proxies: options.proxies,
    userAgent: `slipway/${options.version}`,
    patience: { ...DEFAULT_PATIENCE, ...options.registryPatience },
    ranges: DEFAULT_RANGES,
  };
}

/** Has the engine's end wait for a task, which ends with `daemon.closing`. */
export async function whileOpen<T>({ distribution }: DistributionDaemon, task: Promise<T>): Promise<T> {
  const settled = task.then(
    () => undefined,
    () => undefined,
  );
  distribution.active.add(settled);
  try {
    return await task;
  } finally {
    distribution.active.delete(settled);
  }
}
