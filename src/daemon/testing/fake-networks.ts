import { openSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import type {
  Endpoint,
  JoinOptions,
  NetworkDriver,
  PublishOptions,
  ReservedPorts,
} from '../../networkdriver/driver.ts';
import type { NetworkNamespace } from '../../networkdriver/network-namespace.ts';

/** A driver that connects nothing, but keeps account of addresses and ports. */
export class FakeNetworkDriver implements NetworkDriver {
  readonly type = 'bridge';
  readonly endpoints = new Map<string, Endpoint>();
  #nextAddress = 2;

  needsGateway(): boolean {
    return true;
  }

  async createNetwork(): Promise<void> {}

  async removeNetwork(): Promise<void> {}

  async join(options: JoinOptions): Promise<{ endpoint: Endpoint; reserved: ReservedPorts }> {
    const taken = [...this.endpoints.values()].flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort));
    const clash = options.ports.find(({ hostPort }) => hostPort !== 0 && taken.includes(hostPort));
    if (clash) {
      throw new EngineError('system', `Bind for 0.0.0.0:${clash.hostPort} failed: port is already allocated`);
    }
    const endpoint: Endpoint = {
      endpointId: options.endpointId,
      networkId: options.networkId,
      interfaceName: options.interfaceName,
      addresses: [{ address: `10.0.0.${this.#nextAddress++}`, prefixLength: 16, gateway: '10.0.0.1' }],
      macAddress: options.macAddress || '02:00:00:00:00:01',
      ports: options.ports.map(port => ({
        ...port,
        hostIp: port.hostIp || '0.0.0.0',
        hostPort: port.hostPort || 40000 + this.endpoints.size,
      })),
    };
    this.endpoints.set(endpoint.endpointId, endpoint);
    return { endpoint, reserved: { descriptors: [] } };
  }

  async leave({ endpointId }: Endpoint): Promise<void> {
    this.endpoints.delete(endpointId);
  }

  async problems(): Promise<[]> {
    return [];
  }

  async publish(_endpoint: Endpoint, { ports }: PublishOptions) {
    return { ports: [...ports], reserved: { descriptors: [] } };
  }

  async unpublish(): Promise<void> {}

  async republish(): Promise<void> {}

  relays(): [] {
    return [];
  }

  releasePorts(): void {}

  async restore(endpoints: readonly Endpoint[]): Promise<void> {
    this.endpoints.clear();
    for (const endpoint of endpoints) this.endpoints.set(endpoint.endpointId, endpoint);
  }

  async prepare(): Promise<void> {}

  close(): void {}
}

/** Hands out what only looks like a namespace. */
export const fakeNamespaces = {
  take: async () =>
    ({
      descriptor: openSync('/dev/null', 'r'),
      discardPrepared: () => undefined,
      close: () => undefined,
    }) as unknown as NetworkNamespace,
};
