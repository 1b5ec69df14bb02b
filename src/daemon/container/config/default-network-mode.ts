import type { DaemonOptions } from '../../model/daemon-options.ts';

/** Of containers that name no network. */
export function defaultNetworkMode({ bridgeDisabled }: DaemonOptions): 'bridge' | 'none' {
  return bridgeDisabled ? 'none' : 'bridge';
}
