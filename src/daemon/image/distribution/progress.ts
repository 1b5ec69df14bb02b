import type { ProgressMessage } from '../../../api/types.ts';
import { layerProgress } from '../../../graph/operations/load/layer-progress.ts';

/** Tells a client how far its pull or push is. */
export type Progress = (message: ProgressMessage) => void;

/** How far a layer is. */
export type LayerState =
  | { kind: 'waiting' | 'verifying' | 'downloaded' }
  | { kind: 'downloading' | 'extracting'; bytes: number }
  | { kind: 'retrying'; waitMs: number; reason: string };

/** How far a blob on its way out is. */
export type UploadState =
  | { kind: 'waiting' | 'pushed' | 'exists' }
  | { kind: 'mounted'; from: string }
  | { kind: 'pushing'; bytes: number }
  | { kind: 'retrying'; waitMs: number; reason: string };

/** Between two reports of the same kind: more often than this, terminals only flicker. */
const INTERVAL_MS = 100;

/** Docker's message about it. `id` is what people see of the layer. */
export function stateMessage(state: LayerState, id: string, sizeBytes: number): ProgressMessage {
  switch (state.kind) {
    case 'waiting':
      return plainMessage('Waiting', id);
    case 'verifying':
      return plainMessage('Verifying Checksum', id);
    case 'downloaded':
      return plainMessage('Download complete', id);
    case 'downloading':
      return layerProgress('Downloading', id, state.bytes, sizeBytes);
    case 'extracting':
      return layerProgress('Extracting', id, state.bytes, sizeBytes);
    case 'retrying':
      return retryMessage(state, id);
  }
}

export function retryMessage(
  { waitMs, reason }: { waitMs: number; reason: string },
  id: string,
): ProgressMessage {
  const seconds = Math.max(Math.ceil(waitMs / 1000), 1);
  return plainMessage(`Retrying in ${seconds} second${seconds === 1 ? '' : 's'} (${reason})`, id);
}

export function plainMessage(status: string, id: string): ProgressMessage {
  return { status, progressDetail: {}, id };
}

/** Lets reports through only now and then. */
export function seldom(report: (bytes: number) => void): (bytes: number) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return bytes => {
    const nowMs = performance.now();
    if (nowMs - lastMs < INTERVAL_MS) return;
    lastMs = nowMs;
    report(bytes);
  };
}
