import type { Endpoint, JoinOptions, NetworkDriver, PortBinding, ReservedPorts } from './driver.ts';

/**
 * `host` and `none`: networks that connect nothing. A container of `none` has a namespace of its own with just
 * its loopback interface; one of `host` has none of its own. Published ports are left out, as in Docker.
 */
export class NullDriver implements NetworkDriver {
  readonly type: string;

  constructor(type: 'host' | 'null') {
    this.type = type;
  }

  needsGateway(): boolean {
    return false;
  }

  async createNetwork(): Promise<void> {}

  async removeNetwork(): Promise<void> {}

  async join(options: JoinOptions): Promise<{ endpoint: Endpoint; reserved: ReservedPorts }> {
    const { endpointId, networkId } = options;
    const nothing = { interfaceName: '', addresses: [], macAddress: '', ports: [] };
    return { endpoint: { endpointId, networkId, ...nothing }, reserved: { descriptors: [] } };
  }

  async leave(): Promise<void> {}

  async publish(): Promise<{ ports: PortBinding[]; reserved: ReservedPorts }> {
    return { ports: [], reserved: { descriptors: [] } };
  }

  async unpublish(): Promise<void> {}

  async republish(): Promise<void> {}

  relays(): [] {
    return [];
  }

  releasePorts(): void {}

  async restore(): Promise<void> {}

  async problems(): Promise<[]> {
    return [];
  }

  async prepare(): Promise<void> {}

  close(): void {}
}
