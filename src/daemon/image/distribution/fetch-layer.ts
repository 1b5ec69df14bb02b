import type { Digest } from '../../../base/digest.ts';
import { EngineError, hasErrorCode } from '../../../base/errors.ts';
import type { ArrivingLayer } from '../../../graph/operations/receive/arriving-layer.ts';
import type { Descriptor } from '../../../oci/image-spec.ts';
import { downloadBlob } from '../../../registry/client/download-blob.ts';
import type { Repository } from '../../../registry/client/repository.ts';
import type { DistributionDaemon } from './distribution.ts';
import { type LayerState, seldom } from './progress.ts';
import type { TransferResult, TransferWaiter } from './shared-transfers.ts';

export type WantedLayer = { descriptor: Descriptor & { digest: Digest }; parent: Digest | undefined };

/** Brings a layer, or waits for it with those who bring it already. It is verified, and unpacked as far as can be. */
export function fetchLayer(
  daemon: DistributionDaemon,
  repository: Repository,
  { layer, waiter }: { layer: WantedLayer; waiter: TransferWaiter<LayerState> },
): Promise<TransferResult<ArrivingLayer>> {
  const { layers, downloads } = daemon.distribution;
  return layers.join(layer.descriptor.digest, waiter, async (signal, onState) => {
    // Of those who wait for it, the one that began may be the first to go.
    const session = repository.session.fork(signal);
    try {
      if (downloads.isFull) onState({ kind: 'waiting' });
      const bring = () => bringLayer(daemon, repository.within(session), { layer, onState });
      return await downloads.run(signal, bring);
    } finally {
      await session.close();
    }
  });
}

type Bringing = { layer: WantedLayer; onState: (state: LayerState) => void };

/** A mirror that has other bytes under that digest is passed over. */
async function bringLayer(
  daemon: DistributionDaemon,
  repository: Repository,
  bringing: Bringing,
): Promise<ArrivingLayer> {
  try {
    return await bringFrom(daemon, repository, bringing);
  } catch (error) {
    const isWrong = error instanceof EngineError && error.kind === 'data-loss';
    if (!isWrong || !repository.hasMirrors) throw error;
    return bringFrom(daemon, repository.withoutMirrors(), bringing);
  }
}

async function bringFrom(
  { graph }: DistributionDaemon,
  repository: Repository,
  { layer, onState }: Bringing,
): Promise<ArrivingLayer> {
  const { digest, size } = layer.descriptor;
  const arriving = await graph.receiveLayer({ digest, parent: layer.parent });
  try {
    const report = seldom(bytes => onState({ kind: 'downloading', bytes }));
    const sink = {
      get receivedBytes() {
        return arriving.receivedBytes;
      },
      async write(chunk: Uint8Array) {
        await arriving.write(chunk);
        report(arriving.receivedBytes);
      },
    };
    await downloadBlob(repository, { digest, size }, sink, async (waitMs, reason) =>
      onState({ kind: 'retrying', waitMs, reason }),
    );
    onState({ kind: 'verifying' });
    arriving.finish();
    onState({ kind: 'downloaded' });
    await arriving.whenUnpacked(seldom(bytes => onState({ kind: 'extracting', bytes })));
    return arriving;
  } catch (error) {
    if (isOfUseLater(error)) await arriving.close();
    else await arriving.discard();
    throw error;
  }
}

/** Whether a later attempt can go on with what has come; on a full disk the room is worth more. */
function isOfUseLater(error: unknown): boolean {
  const isWrong = error instanceof EngineError && ['data-loss', 'invalid-parameter'].includes(error.kind);
  return !isWrong && !hasErrorCode(error, 'ENOSPC', 'EDQUOT');
}
