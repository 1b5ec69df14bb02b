import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { newId } from '../base/ids.ts';
import type { Endpoint, JoinOptions, NetworkDriver, NetworkOptions } from './driver.ts';
import { NetworkNamespace } from './network-namespace.ts';

export type SuiteOptions = {
  name: string;
  /** Opens the driver. Called again where the suite plays a restarted engine. */
  open: () => NetworkDriver;
  /** A line for each thing on the host that a network or an endpoint could leave behind. */
  traces: () => Promise<string[]>;
};

/** What every network driver must do. To be run in a network namespace that it may do with as it likes. */
export function describeNetworkDriver({ name, open, traces }: SuiteOptions): void {
  describe(`network driver ${name}`, () => {
    const network = suiteNetwork();
    let driver: NetworkDriver;
    let baseline: string[];

    before(async () => {
      driver = open();
      await driver.createNetwork(network);
      await driver.restore([], []);
      baseline = await traces();
    });
    // Each test leaves the host as it was.
    afterEach(() => waitUntilEqual(traces, baseline));
    after(async () => {
      await driver.removeNetwork(network.id);
      driver.close();
    });

    test('Creating a network that exists changes nothing.', async () => {
      await driver.createNetwork(network);
      assert.deepEqual(await traces(), baseline);
    });

    test('An endpoint carries the identities that it was made with.', async () => {
      using namespace = await ownNamespace();
      const options = joinOptions(network.id, namespace.value);
      const { endpoint } = await driver.join(options);
      assert.equal(endpoint.endpointId, options.endpointId);
      assert.equal(endpoint.networkId, network.id);
      await driver.leave(endpoint, {});
    });

    test('Leaving twice is as leaving once.', async () => {
      using namespace = await ownNamespace();
      const { endpoint } = await driver.join(joinOptions(network.id, namespace.value));
      await driver.leave(endpoint, {});
      await driver.leave(endpoint, {});
    });

    test('A namespace that lives on can leave and join again, with the same interface name.', async () => {
      using namespace = await ownNamespace();
      for (let round = 0; round < 2; round++) {
        const { endpoint } = await driver.join(joinOptions(network.id, namespace.value));
        await driver.leave(endpoint, { namespace: namespace.value });
      }
    });

    test('A hundred joins and leaves, ports and all, leave the host as it was.', async () => {
      for (let round = 0; round < 100; round++) await joinAndLeave(driver, network.id);
      await waitUntilEqual(traces, baseline);
    });

    test('Fifty endpoints at once have fifty addresses, and leave nothing.', async () => {
      const namespaces = await Promise.all(Array.from({ length: 50 }, () => NetworkNamespace.create()));
      const joined = await Promise.all(
        namespaces.map(namespace => driver.join(joinOptions(network.id, namespace))),
      );
      const addresses = joined.flatMap(({ endpoint }) => endpoint.addresses.map(({ address }) => address));
      assert.equal(new Set(addresses).size, addresses.length);
      await Promise.all(joined.map(({ endpoint }) => driver.leave(endpoint, {})));
      for (const namespace of namespaces) namespace.close();
      await waitUntilEqual(traces, baseline);
    });

    test('Ports that are published later are as those from the beginning, and are given up one by one.', async () => {
      using namespace = await ownNamespace();
      const options = joinOptions(network.id, namespace.value);
      const { endpoint } = await driver.join(options);
      const ports = [81, 82].map(containerPort => ({ ...ANY_PORT, containerPort }));
      const published = await driver.publish(endpoint, { ...options, ports });
      for (const descriptor of published.reserved.descriptors) closeSync(descriptor);
      const [first, ...others] = published.ports;
      assert.ok(published.ports.every(({ hostPort, hostIp }) => hostPort > 0 && hostIp !== ''));
      if (first !== undefined) {
        await driver.unpublish(endpoint, [first]);
        driver.releasePorts([first]);
        const other = others.find(({ containerPort }) => containerPort !== first.containerPort);
        const taken = { ...first, hostPort: other?.hostPort ?? 0 };
        await assert.rejects(driver.publish(endpoint, { ...options, ports: [taken] }), /already allocated/);
        const again = await driver.publish(endpoint, { ...options, ports: [first] });
        assert.deepEqual(again.ports, [first]);
        for (const descriptor of again.reserved.descriptors) closeSync(descriptor);
      }
      await driver.leave(endpoint, {});
    });

    test('A driver opened anew takes away what is left of endpoints that are no more.', async () => {
      const namespace = await NetworkNamespace.create();
      const { endpoint, reserved } = await driver.join(withPort(joinOptions(network.id, namespace)));
      const kept = await driver.join(withPort(joinOptions(network.id, namespace, 'eth1')));
      driver.close();
      driver = open();
      await driver.createNetwork(network);
      await driver.restore([kept.endpoint], []);
      await driver.leave(endpoint, {});
      await driver.leave(kept.endpoint, {});
      for (const descriptor of [...reserved.descriptors, ...kept.reserved.descriptors]) closeSync(descriptor);
      namespace.close();
      await waitUntilEqual(traces, baseline);
    });

    test('A network removed twice, and made again, is there.', async () => {
      await driver.removeNetwork(network.id);
      await driver.removeNetwork(network.id);
      await driver.createNetwork(network);
      assert.deepEqual(await traces(), baseline);
      await joinAndLeave(driver, network.id);
    });
  });
}

function suiteNetwork(): NetworkOptions {
  const pools = [{ subnet: '10.77.0.0/24', gateway: '10.77.0.1', range: '', auxiliary: {} }];
  return { id: newId(), name: 'suite', pools, internal: false, options: {} };
}

export function joinOptions(
  networkId: string,
  namespace: NetworkNamespace,
  interfaceName = 'eth0',
): JoinOptions {
  const anything = { addresses: [], macAddress: '', ports: [], defaultRoute: interfaceName === 'eth0' };
  return {
    endpointId: newId(),
    networkId,
    namespace,
    containerName: 'suite',
    interfaceName,
    ...anything,
  };
}

const ANY_PORT = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 0 } as const;

function withPort(options: JoinOptions): JoinOptions {
  return { ...options, ports: [ANY_PORT] };
}

async function joinAndLeave(driver: NetworkDriver, networkId: string): Promise<Endpoint> {
  using namespace = await ownNamespace();
  const { endpoint, reserved } = await driver.join(withPort(joinOptions(networkId, namespace.value)));
  for (const descriptor of reserved.descriptors) closeSync(descriptor);
  await driver.leave(endpoint, {});
  return endpoint;
}

async function ownNamespace(): Promise<{ value: NetworkNamespace } & Disposable> {
  const value = await NetworkNamespace.create();
  return { value, [Symbol.dispose]: () => value.close() };
}

/** The kernel takes namespaces away in its own time: it is given ten seconds. */
async function waitUntilEqual(traces: () => Promise<string[]>, expected: string[]): Promise<void> {
  for (let waits = 0; waits < 200; waits++) {
    const found = await traces();
    if (found.join('\n') === expected.join('\n')) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.deepEqual(await traces(), expected);
}
