import type { ContainerRecord } from '../../model/container-record.ts';
import { formatNetworkMode } from '../../model/namespace-modes.ts';
import type { Networks } from '../../network/networks.ts';

/** The name of the network that a container's mode names; undefined where it shares another container's. */
export function mainNetwork(networks: Networks, { hostConfig }: ContainerRecord): string | undefined {
  const { NetworkMode: mode } = hostConfig;
  if (mode.kind === 'container') return undefined;
  return networks.nameOf(formatNetworkMode(mode));
}
