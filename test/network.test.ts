/**
 * Runs in a network namespace of its own, which plays the host; others play containers and the outside world.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { newId } from '../src/base/ids.ts';
import { until } from '../src/base/testing/until.ts';
import { CLONE_NEWNET } from '../src/kernel/abi/sched.ts';
import { syscall } from '../src/kernel/libc.ffi.ts';
import { openNetworkNamespace } from '../src/kernel/namespaces.ts';
import { chooseSubnet } from '../src/networkdriver/ipam/choose-subnet.ts';
import {
  addressOf,
  type Endpoint,
  type JoinOptions,
  type NetworkDriver,
  type NetworkOptions,
} from '../src/networkdriver/driver.ts';
import { defaultBridgeOptions } from '../src/networkdriver/bridge/bridge-options.ts';
import { NamespacePool } from '../src/networkdriver/namespace-pool.ts';
import { describeNetworkDriver, joinOptions } from '../src/networkdriver/network-driver-suite.ts';
import { NetworkNamespace } from '../src/networkdriver/network-namespace.ts';
import { openNetworkDrivers } from '../src/networkdriver/open-network-drivers.ts';
import { receiveSctp, sendSctpInit } from './fixtures/sctp-packets.ts';
import { askTcp, askUdp, createUdpSender, occupyTcp, serveTcp, serveUdp } from './network-peers.ts';

const run = promisify(execFile);
const TABLE = 'slipway_test';

// Before anything has started a thread that would stay behind in the machine's own namespace.
syscall('unshare', 'CLONE_NEWNET', CLONE_NEWNET);
const HOST = openNetworkNamespace();
const LOOPBACK = '127.0.0.1';
const BRIDGE_FILTER = '/proc/sys/net/bridge/bridge-nf-call-iptables';
const LINK_SCRIPTS: Record<string, string> = {
  ipvlan: 'ip link add up0 type veth peer name up1 && ip link add link up0 name iv0 type ipvlan mode l2',
  vlan: 'ip link add up0 type veth peer name up1 && ip link add link up0 name up0.5 type vlan id 5',
};
const HOST_ADDRESS = '203.0.113.1';
const OUTSIDE_ADDRESS = '203.0.113.2';

let outside: NetworkNamespace;

/** The host gets its loopback, and an uplink to a neighbour who knows nothing of the containers' addresses. */
before(async () => {
  outside = await NetworkNamespace.create();
  await run('ip', ['link', 'set', 'lo', 'up']);
  const peer = ['peer', 'name', 'uplink', 'netns', `/proc/${process.pid}/fd/${outside.descriptor}`];
  await run('ip', ['link', 'add', 'uplink', 'type', 'veth', ...peer]);
  await run('ip', ['address', 'add', `${HOST_ADDRESS}/24`, 'dev', 'uplink']);
  await run('ip', ['link', 'set', 'uplink', 'up']);
  await inside(outside, ['address', 'add', `${OUTSIDE_ADDRESS}/24`, 'dev', 'uplink']);
  await inside(outside, ['link', 'set', 'uplink', 'up']);
});
after(() => {
  outside.close();
  closeSync(HOST);
});

for (const type of openNetworkDrivers().keys())
  if (type !== 'ipvlan' || hasLinkKind(type))
    describeNetworkDriver({ name: type, open: () => openDriver(type), traces });

describe('networks on an interface of the host', () => {
  const neighbour = { address: '192.168.77.9/24' };
  let segment: NetworkNamespace;

  before(async () => {
    segment = await NetworkNamespace.create();
    const peer = ['peer', 'name', 'eth0', 'netns', `/proc/${process.pid}/fd/${segment.descriptor}`];
    await run('ip', ['link', 'add', 'lan0', 'type', 'veth', ...peer]);
    await run('ip', ['link', 'set', 'lan0', 'up']);
    await inside(segment, ['address', 'add', neighbour.address, 'dev', 'eth0']);
    await inside(segment, ['link', 'set', 'eth0', 'up']);
  });
  after(() => segment.close());

  function onParent(options: Record<string, string>, rest: Partial<NetworkOptions> = {}): NetworkOptions {
    return networkOptions({ subnet: '192.168.77.0/24', gateway: '192.168.77.1', options, ...rest });
  }

  async function withNetwork(
    type: string,
    network: NetworkOptions,
    task: (driver: NetworkDriver) => Promise<void>,
  ): Promise<void> {
    const driver = openDriver(type);
    try {
      await driver.createNetwork(network);
      await driver.restore([], []);
      await task(driver);
    } finally {
      await driver.removeNetwork(network.id);
      driver.close();
    }
  }

  async function started(driver: NetworkDriver, network: NetworkOptions, options: Partial<JoinOptions> = {}) {
    const namespace = await NetworkNamespace.create();
    const joined = await driver.join({ ...joinOptions(network.id, namespace), ...options });
    return new TestContainer(driver, namespace, joined);
  }

  const KINDS = ['macvlan', ...(hasLinkKind('ipvlan') ? ['ipvlan'] : [])];
  for (const type of KINDS)
    test(`Containers of a ${type} network are on the segment with addresses of their own.`, async () => {
      const network = onParent({ parent: 'lan0' });
      await withNetwork(type, network, async driver => {
        const [one, other] = [await started(driver, network), await started(driver, network)];
        await one.serveTcp(80, 'one');
        const host = ipv4Of(one.endpoint);
        assert.equal(await askTcp(segment.descriptor, { host, port: 80 }), 'one 192.168.77.9');
        const seen = `one ${ipv4Of(other.endpoint)}`;
        assert.equal(await askTcp(other.descriptor, { host, port: 80 }), seen);
        const { stdout } = await inside(one.namespace, ['route']);
        assert.match(stdout, /^default via 192\.168\.77\.1 dev eth0/m);
        for (const container of [one, other]) await container.stop();
      });
      assert.match((await run('ip', ['-br', 'link'])).stdout, /^lan0@/m);
    });

  test('An address that is given to another container is announced, and is the same station’s.', async () => {
    const network = onParent({ parent: 'lan0' });
    await withNetwork('macvlan', network, async driver => {
      const first = await started(driver, network, {
        addresses: ['192.168.77.40'],
        macAddress: '02:00:00:00:00:01',
      });
      await first.serveTcp(80, 'first');
      assert.equal(
        await askTcp(segment.descriptor, { host: '192.168.77.40', port: 80 }),
        'first 192.168.77.9',
      );
      await first.stop();
      const second = await started(driver, network, {
        addresses: ['192.168.77.40'],
        macAddress: '02:00:00:00:00:02',
      });
      const { stdout } = await inside(segment, ['neighbour', 'show', '192.168.77.40']);
      assert.match(stdout, /02:00:00:00:00:02/);
      await second.stop();
    });
  });

  test('An address that a station of the segment has is given to nobody.', async () => {
    const network = onParent({ parent: 'lan0' });
    await inside(segment, ['address', 'add', '192.168.77.2/24', 'dev', 'eth0']);
    try {
      await withNetwork('macvlan', network, async driver => {
        const container = await started(driver, network);
        assert.equal(ipv4Of(container.endpoint), '192.168.77.3');
        const fixed = { addresses: ['192.168.77.9'] };
        await assert.rejects(started(driver, network, fixed), {
          kind: 'forbidden',
          message:
            /^Address already in use: 192\.168\.77\.9 is that of [0-9a-f:]{17}, on the segment of lan0$/,
        });
        await container.stop();
      });
    } finally {
      await inside(segment, ['address', 'delete', '192.168.77.2/24', 'dev', 'eth0']);
    }
  });

  test('Without a parent, or internal, a network leads nowhere, and what was made for it goes.', async () => {
    const before = (await run('ip', ['-br', 'link'])).stdout;
    const network = onParent({});
    await withNetwork('macvlan', network, async driver => {
      const [one, other] = [await started(driver, network), await started(driver, network)];
      await one.serveTcp(80, 'one');
      const host = ipv4Of(one.endpoint);
      assert.match((await askTcp(other.descriptor, { host, port: 80 })) ?? '', /^one /);
      assert.doesNotMatch((await inside(one.namespace, ['route'])).stdout, /default/);
      for (const container of [one, other]) await container.stop();
    });
    assert.equal((await run('ip', ['-br', 'link'])).stdout, before);
  });

  test('What a network on an interface cannot have is refused in Docker’s words.', async () => {
    const driver = openDriver('macvlan');
    const ipvlan = openDriver('ipvlan');
    const refused: [NetworkDriver, Record<string, string>, RegExp][] = [
      [driver, { parent: 'lo' }, /loopback interface is not a valid macvlan parent link/],
      [driver, { parent: 'nosuch' }, /invalid subinterface vlan name nosuch, example formatting is eth0\.10/],
      [driver, { parent: 'nosuch.5' }, /-o parent interface was not found on the host: nosuch/],
      [driver, { parent: 'lan0.5000' }, /vlan id must be between 1-4094, received: 5000/],
      [
        driver,
        { parent: 'lan0', macvlan_mode: 'x' },
        /requested macvlan mode 'x' is not valid, 'bridge' mode/,
      ],
      [ipvlan, { parent: 'lan0', ipvlan_mode: 'x' }, /requested ipvlan mode 'x' is not valid, 'l2' mode/],
    ];
    for (const [who, options, message] of refused)
      await assert.rejects(who.createNetwork(onParent(options)), message);
    const first = onParent({ parent: 'lan0', macvlan_mode: 'passthru' });
    await driver.createNetwork(first);
    await assert.rejects(
      driver.createNetwork(onParent({ parent: 'lan0' })),
      new RegExp(`macvlan network ${first.id} is already using parent interface lan0 in mode passthru`),
    );
    driver.close();
    ipvlan.close();
  });

  test('A VLAN of an interface is made for the networks that want it, and goes with the last one.', {
    skip: !hasLinkKind('vlan'),
  }, async () => {
    const driver = openDriver('macvlan');
    const networks = [onParent({ parent: 'lan0.50' }), onParent({ parent: 'lan0.50' })];
    for (const network of networks) await driver.createNetwork(network);
    assert.match((await run('ip', ['-d', 'link', 'show', 'lan0.50'])).stdout, /vlan protocol 802\.1Q id 50/);
    const [first, second] = networks;
    await driver.removeNetwork(first?.id ?? '');
    assert.match((await run('ip', ['-br', 'link'])).stdout, /^lan0\.50@/m);
    driver.close();
    const later = openDriver('macvlan');
    await later.createNetwork(second ?? onParent({}));
    await later.restore([], []);
    assert.match((await run('ip', ['-br', 'link'])).stdout, /^lan0\.50@/m);
    await later.removeNetwork(second?.id ?? '');
    later.close();
    assert.doesNotMatch((await run('ip', ['-br', 'link'])).stdout, /lan0\.50/);
  });

  test('An ipvlan network above the segment’s level has its default route by the interface.', {
    skip: !hasLinkKind('ipvlan'),
  }, async () => {
    for (const mode of ['l3', 'l3s']) {
      const network = onParent({ parent: 'lan0', ipvlan_mode: mode });
      await withNetwork('ipvlan', network, async driver => {
        const container = await started(driver, network);
        assert.match((await inside(container.namespace, ['route'])).stdout, /^default dev eth0/m);
        await container.stop();
      });
    }
  });
});

describe('bridge networks', () => {
  let driver: NetworkDriver;
  let pool: NamespacePool;
  let front: NetworkOptions;
  let back: NetworkOptions;
  let closed: NetworkOptions;
  const containers: TestContainer[] = [];

  before(async () => {
    driver = openDriver('bridge');
    front = networkOptions({
      name: 'bridge',
      subnet: '172.17.0.0/16',
      gateway: '172.17.0.1',
      options: defaultBridgeOptions({ device: 'slipway0', mtu: 1500, masquerade: true }),
    });
    back = networkOptions({ name: 'back', subnet: '172.18.0.0/16', gateway: '172.18.0.1' });
    closed = networkOptions({
      name: 'closed',
      subnet: '172.19.0.0/16',
      gateway: '172.19.0.1',
      internal: true,
    });
    for (const network of [front, back, closed]) await driver.createNetwork(network);
    await driver.restore([], []);
    pool = new NamespacePool({ size: 2, prepare: namespace => driver.prepare(namespace) });
  });
  after(async () => {
    for (const container of containers.splice(0)) await container.stop();
    for (const network of [front, back, closed]) await driver.removeNetwork(network.id);
    await pool.close();
    driver.close();
  });

  async function start(network: NetworkOptions, options: Partial<JoinOptions> = {}): Promise<TestContainer> {
    const namespace = await pool.take({ connected: true });
    try {
      const joined = await driver.join({ ...joinOptions(network.id, namespace), ...options });
      const container = new TestContainer(driver, namespace, joined);
      containers.push(container);
      return container;
    } catch (error) {
      namespace.close();
      throw error;
    }
  }

  test('The default network is the bridge slipway0, with the gateway address on it.', async () => {
    const { stdout } = await run('ip', ['-br', '-4', 'address', 'show', 'slipway0']);
    assert.match(stdout, /slipway0\s+\S+\s+172\.17\.0\.1\/16/);
  });

  test('A container has address, hardware address, loopback and a default route, and no IPv6.', async () => {
    const container = await start(front);
    const { macAddress } = container.endpoint;
    const ipv4Address = ipv4Of(container.endpoint);
    const { stdout: links } = await inside(container.namespace, ['-br', 'link']);
    assert.match(links, new RegExp(`eth0@\\S+\\s+UP\\s+${macAddress} `));
    assert.match(links, /lo\s+UNKNOWN\s+\S+ <LOOPBACK,UP,LOWER_UP>/);
    const { stdout: addresses } = await inside(container.namespace, ['-br', 'address', 'show', 'eth0']);
    assert.deepEqual(addresses.trim().split(/\s+/).slice(2), [`${ipv4Address}/16`]);
    const { stdout: routes } = await inside(container.namespace, ['route']);
    assert.match(routes, /^default via 172\.17\.0\.1 dev eth0/m);
  });

  test('Containers of one network reach each other; addresses are not given out again at once.', async () => {
    const server = await start(front);
    await server.serveTcp(80, 'server');
    const gone = await start(front);
    await gone.stop();
    const client = await start(front);
    assert.notEqual(ipv4Of(client.endpoint), ipv4Of(gone.endpoint));
    assert.equal(
      await askTcp(client.descriptor, { host: ipv4Of(server.endpoint), port: 80 }),
      `server ${ipv4Of(client.endpoint)}`,
    );
  });

  test('A fixed address can be had again the moment it is free, and is reached at once.', async () => {
    const fixed = { addresses: ['172.17.99.9'] };
    const client = await start(front);
    for (const name of ['first', 'second', 'third']) {
      const server = await start(front, fixed);
      await server.serveTcp(80, name);
      const to = { host: '172.17.99.9', port: 80 };
      assert.equal(await askTcp(HOST, to), `${name} 172.17.0.1`);
      assert.equal(await askTcp(client.descriptor, to), `${name} ${ipv4Of(client.endpoint)}`);
      await server.stop();
    }
  });

  test('An address that is taken, or of another network, is refused.', async () => {
    const taken = await start(front);
    const ipv4Address = ipv4Of(taken.endpoint);
    await assert.rejects(start(front, { addresses: [ipv4Address] }), {
      kind: 'forbidden',
      message: 'Address already in use',
    });
    await assert.rejects(start(front, { addresses: ['10.1.2.3'] }), {
      kind: 'invalid-parameter',
      message: 'no configured subnet contains IP address 10.1.2.3',
    });
  });

  test('Connections to the outside carry the address of the host.', async () => {
    const tcp = await serveTcp(outside.descriptor, 7000, 'outside');
    const udp = serveUdp(outside.descriptor, 7000, 'outside');
    try {
      const container = await start(front);
      const to = { host: OUTSIDE_ADDRESS, port: 7000 };
      assert.equal(await askTcp(container.descriptor, to), `outside ${HOST_ADDRESS}`);
      assert.equal(await askUdp(container.descriptor, to), `outside ${HOST_ADDRESS}`);
    } finally {
      tcp.close();
      udp.close();
    }
  });

  test('A published port answers at every address of the host, from everywhere.', async () => {
    const server = await start(front, {
      ports: [
        { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8080 },
        { protocol: 'udp', containerPort: 53, hostIp: '0.0.0.0', hostPort: 5353 },
      ],
    });
    await server.serveTcp(80, 'web');
    server.serveUdp(53, 'dns');
    const neighbour = await start(front);
    const stranger = await start(back);
    const askers: [string, number, string, string][] = [
      ['the host by its loopback', HOST, LOOPBACK, '172.17.0.1'],
      ['the host by its own address', HOST, HOST_ADDRESS, HOST_ADDRESS],
      ['the host by the gateway address', HOST, '172.17.0.1', '172.17.0.1'],
      ['another machine', outside.descriptor, HOST_ADDRESS, OUTSIDE_ADDRESS],
      ['a container beside it', neighbour.descriptor, HOST_ADDRESS, '172.17.0.1'],
      ['a container beside it, by the gateway', neighbour.descriptor, '172.17.0.1', '172.17.0.1'],
      ['the container itself', server.descriptor, HOST_ADDRESS, '172.17.0.1'],
      ['a container of another network', stranger.descriptor, HOST_ADDRESS, '172.17.0.1'],
    ];
    for (const [who, namespace, host, seenAs] of askers) {
      assert.equal(await askTcp(namespace, { host, port: 8080 }), `web ${seenAs}`, `TCP, ${who}`);
      assert.equal(await askUdp(namespace, { host, port: 5353 }), `dns ${seenAs}`, `UDP, ${who}`);
    }
  });

  for (const icc of [true, false])
    for (const filtered of ['0', '1'])
      test(`Containers reach what is published, and each other as icc=${icc} says, with br_netfilter=${filtered}.`, {
        skip: !existsSync(BRIDGE_FILTER) && 'the kernel does not let the firewall see bridged packets',
      }, async () => {
        const network = networkOptions({
          name: 'hairpin',
          subnet: '172.29.0.0/16',
          gateway: '172.29.0.1',
          options: { 'com.docker.network.bridge.enable_icc': String(icc) },
        });
        const before = readFileSync(BRIDGE_FILTER, 'utf8');
        writeFileSync(BRIDGE_FILTER, filtered);
        await driver.createNetwork(network);
        const hostPort = 8440 + 2 * Number(icc) + Number(filtered);
        const ports = [{ protocol: 'tcp' as const, containerPort: 80, hostIp: '', hostPort }];
        const server = await start(network, { ports });
        const [peer, stranger] = [await start(network), await start(back)];
        try {
          await server.serveTcp(80, 'web');
          for (const [who, asker] of Object.entries({ server, peer, stranger }))
            for (const host of [HOST_ADDRESS, '172.29.0.1'])
              assert.match(
                (await askTcp(asker.descriptor, { host, port: hostPort })) ?? 'nothing',
                /^web 172\./,
                `${who} asks ${host}`,
              );
          const direct = { host: ipv4Of(server.endpoint), port: 80 };
          const seen = icc ? `web ${ipv4Of(peer.endpoint)}` : undefined;
          assert.equal(await askTcp(peer.descriptor, direct), seen);
          assert.equal(await askTcp(stranger.descriptor, direct), undefined);
        } finally {
          for (const container of [server, peer, stranger]) await container.stop();
          await driver.removeNetwork(network.id);
          writeFileSync(BRIDGE_FILTER, before);
        }
      });

  test('A bridge that has all the ports it can have says so, and nothing is left of who came too late.', async () => {
    const options = { 'com.docker.network.bridge.name': 'full0' };
    const network = networkOptions({ name: 'full', subnet: '172.30.0.0/24', gateway: '172.30.0.1', options });
    await driver.createNetwork(network);
    const pairs = Array.from({ length: 511 }, (_, index) => [`fa${index}`, `fb${index}`] as const);
    const fill = pairs.flatMap(([one, other]) => [
      `link add ${one} type veth peer name ${other}`,
      `link set ${one} master full0`,
      `link set ${other} master full0`,
    ]);
    try {
      await run('sh', ['-c', `printf '%s\\n' "$@" | ip -batch -`, 'sh', ...fill]);
      const last = await start(network);
      const links = (await run('ip', ['-br', 'link'])).stdout.split('\n').length;
      const late = await NetworkNamespace.create();
      const ports = [{ protocol: 'tcp' as const, containerPort: 80, hostIp: '', hostPort: 8585 }];
      await assert.rejects(
        driver.join({ ...joinOptions(network.id, late), ports }),
        /the bridge full0 has all the 1023 ports that a bridge can have/,
      );
      late.close();
      assert.equal((await run('ip', ['-br', 'link'])).stdout.split('\n').length, links);
      await last.stop();
      // Its port of the host, too, is somebody's again, once the kernel has taken away the namespace of the last one.
      let next: TestContainer | undefined;
      await until(async () => {
        next = await start(network, { ports }).catch(() => undefined);
        return next !== undefined;
      });
      await next?.stop();
    } finally {
      const empty = pairs.map(([one]) => `link delete ${one}`);
      await run('sh', ['-c', `printf '%s\\n' "$@" | ip -batch -`, 'sh', ...empty]);
      await driver.removeNetwork(network.id);
    }
  });

  test('A port published at one address answers there alone.', async () => {
    const server = await start(front, {
      ports: [{ protocol: 'tcp', containerPort: 80, hostIp: LOOPBACK, hostPort: 8181 }],
    });
    await server.serveTcp(80, 'private');
    assert.equal(await askTcp(HOST, { host: LOOPBACK, port: 8181 }), 'private 172.17.0.1');
    assert.equal(await askTcp(HOST, { host: HOST_ADDRESS, port: 8181 }), undefined);
    assert.equal(await askTcp(outside.descriptor, { host: HOST_ADDRESS, port: 8181 }), undefined);
  });

  test('No other host reaches loopback ports, or containers behind their published ports.', async () => {
    const server = await start(front, {
      ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8282 }],
    });
    await server.serveTcp(80, 'open');
    await server.serveTcp(81, 'shut');
    // A malicious neighbour: routes to what it should not know, and loopback addresses that may leave it.
    await inside(outside, ['route', 'replace', '172.16.0.0/12', 'via', HOST_ADDRESS]);
    const port = 81;
    assert.equal(await askTcp(outside.descriptor, { host: ipv4Of(server.endpoint), port }), undefined);
    const ipv4Address = ipv4Of(server.endpoint);
    assert.equal(await askTcp(outside.descriptor, { host: ipv4Address, port: 80 }), undefined);
    await inside(outside, ['route', 'delete', '172.16.0.0/12']);
    await inside(outside, ['address', 'delete', '127.0.0.1/8', 'dev', 'lo']);
    await run('nsenter', [
      `--net=/proc/${process.pid}/fd/${outside.descriptor}`,
      'sysctl',
      '-qw',
      'net.ipv4.conf.all.route_localnet=1',
    ]);
    await inside(outside, ['route', 'replace', '127.0.0.1/32', 'via', HOST_ADDRESS, 'src', OUTSIDE_ADDRESS]);
    assert.equal(await askTcp(outside.descriptor, { host: LOOPBACK, port: 8282 }), undefined);
  });

  test('No container reaches the loopback of the host, also after the firewall was flushed.', async () => {
    const server = await serveTcp(HOST, 7003, 'loopback');
    const hostile = await start(front);
    await inside(hostile.namespace, ['address', 'delete', '127.0.0.1/8', 'dev', 'lo']);
    const sysctl = ['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1'];
    await run('nsenter', [`--net=/proc/${process.pid}/fd/${hostile.descriptor}`, ...sysctl]);
    const source = ['src', ipv4Of(hostile.endpoint)];
    await inside(hostile.namespace, ['route', 'replace', '127.0.0.1/32', 'via', '172.17.0.1', ...source]);
    const ask = () => askTcp(hostile.descriptor, { host: LOOPBACK, port: 7003 });
    assert.equal(await ask(), undefined);
    await run('nft', ['flush', 'ruleset']);
    await until(async () => (await ask()) === undefined);
    // Not the whole, but what counts.
    await run('nft', ['flush', 'chain', 'ip', TABLE, 'guard']);
    await until(async () => (await ask()) === undefined);
    server.close();
  });

  test('Networks are apart from each other, and an internal one from all.', async () => {
    const server = await start(front);
    await server.serveTcp(80, 'front');
    const hidden = await start(closed);
    await hidden.serveTcp(80, 'hidden');
    const stranger = await start(back);
    const beside = await start(closed);
    const toServer = { host: ipv4Of(server.endpoint), port: 80 };
    const toHidden = { host: ipv4Of(hidden.endpoint), port: 80 };
    assert.equal(await askTcp(stranger.descriptor, toServer), undefined);
    assert.equal(await askTcp(stranger.descriptor, toHidden), undefined);
    await inside(hidden.namespace, ['route', 'replace', 'default', 'via', '172.19.0.1']);
    await inside(outside, ['route', 'replace', '172.19.0.0/16', 'via', HOST_ADDRESS]);
    const listener = await serveTcp(outside.descriptor, 7001, 'outside');
    assert.equal(await askTcp(hidden.descriptor, { host: OUTSIDE_ADDRESS, port: 7001 }), undefined);
    listener.close();
    assert.equal(await askTcp(beside.descriptor, toHidden), `hidden ${ipv4Of(beside.endpoint)}`);
  });

  test('A port that another container has is refused in the words that scripts know.', async () => {
    const ports: JoinOptions['ports'] = [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8383 }];
    await start(front, { ports });
    const before = await run('nft', ['list', 'ruleset']);
    const endpointId = newId();
    await assert.rejects(start(front, { ports, endpointId, containerName: 'web2' }), {
      kind: 'system',
      message: `driver failed programming external connectivity on endpoint web2 (${endpointId}): Bind for 0.0.0.0:8383 failed: port is already allocated`,
    });
    assert.deepEqual(await run('nft', ['list', 'ruleset']), before);
  });

  test('A port that a foreign program has is refused, with what was to be bound.', async () => {
    const foreign = occupyTcp(HOST, { host: '0.0.0.0', port: 8484 });
    const endpointId = newId();
    const ports: JoinOptions['ports'] = [
      { protocol: 'tcp', containerPort: 79, hostIp: '', hostPort: 8485 },
      { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8484 },
    ];
    const addresses = ['172.17.88.8'];
    const options = { ports, endpointId, containerName: 'web', addresses };
    await assert.rejects(start(front, options), {
      kind: 'system',
      message: `driver failed programming external connectivity on endpoint web (${endpointId}): failed to bind host port for 0.0.0.0:8484:172.17.88.8:80/tcp: address already in use`,
    });
    closeSync(foreign);
    const container = await start(front, options);
    assert.throws(() => occupyTcp(HOST, { host: '0.0.0.0', port: 8484 }), { code: 'EADDRINUSE' });
    await container.stop();
    closeSync(occupyTcp(HOST, { host: '0.0.0.0', port: 8484 }));
  });

  test('Thousands of published ports answer, are given up, and can be had again.', async () => {
    const published = (count: number, protocol: 'tcp' | 'udp'): JoinOptions['ports'] =>
      Array.from({ length: count }, (_, index) => ({
        protocol,
        containerPort: index + 1,
        hostIp: index % 2 === 0 ? '' : HOST_ADDRESS,
        hostPort: 20_000 + index,
      }));
    const ports = [...published(2500, 'tcp'), ...published(500, 'udp')];
    const elements = async () =>
      (await run('nft', ['list', 'table', 'ip', TABLE])).stdout.match(/20\d\d\d |22\d\d\d /g)?.length ?? 0;
    for (let round = 0; round < 2; round++) {
      const server = await start(front, { ports });
      await server.serveTcp(2500, 'last');
      const last = { host: HOST_ADDRESS, port: 22_499 };
      assert.equal(await askTcp(outside.descriptor, last), `last ${OUTSIDE_ADDRESS}`);
      assert.ok((await elements()) > 0);
      await server.stop();
      containers.pop();
      assert.equal(await elements(), 0);
      assert.equal(await askTcp(outside.descriptor, last), undefined);
    }
    const taken = [
      ...published(2400, 'tcp'),
      { ...ports[0], containerPort: 9, hostPort: 20_001, hostIp: '' },
    ] as JoinOptions['ports'];
    await assert.rejects(start(front, { ports: taken }), /port is already allocated/);
    assert.equal(await elements(), 0);
  });

  test('Port 0 is any free port, and of a range the first free one is taken.', async () => {
    const range = {
      protocol: 'tcp',
      containerPort: 80,
      hostIp: '',
      hostPort: 8590,
      hostPortEnd: 8591,
    } as const;
    const any = await start(front, { ports: [{ ...range, hostPort: 0, hostPortEnd: undefined }] });
    assert.ok((any.endpoint.ports[0]?.hostPort ?? 0) > 1023);
    const first = await start(front, { ports: [range] });
    const second = await start(front, { ports: [range] });
    assert.equal(first.endpoint.ports[0]?.hostPort, 8590);
    assert.equal(second.endpoint.ports[0]?.hostPort, 8591);
    await assert.rejects(start(front, { ports: [range] }), /port is already allocated/);
  });

  test('Published ports go on while the driver is closed, and a new one knows them.', async () => {
    const ports: JoinOptions['ports'] = [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8686 }];
    const server = await start(front, { ports });
    await server.serveTcp(80, 'lasting');
    const ask = () => askTcp(outside.descriptor, { host: HOST_ADDRESS, port: 8686 });
    await pool.close();
    driver.close();
    assert.equal(await ask(), `lasting ${OUTSIDE_ADDRESS}`);
    driver = openDriver('bridge');
    for (const network of [front, back, closed]) await driver.createNetwork(network);
    await driver.restore(
      containers.map(({ endpoint }) => endpoint),
      [],
    );
    for (const container of containers) container.driver = driver;
    pool = new NamespacePool({ size: 2, prepare: namespace => driver.prepare(namespace) });
    assert.equal(await ask(), `lasting ${OUTSIDE_ADDRESS}`);
    await assert.rejects(start(front, { ports }), /port is already allocated/);
  });

  test('A namespace connected beforehand serves any network and address.', async () => {
    const namespaces = Array.from({ length: 4 }, () => prepareNamespace(driver));
    const prepared = await Promise.all(namespaces);
    const [plain, moved, fixed, robbed] = prepared;
    assert.ok(plain && moved && fixed && robbed);
    const addressIn = async (namespace: NetworkNamespace) => {
      const { stdout } = await inside(namespace, ['-br', '-4', 'address', 'show', 'eth0']);
      return stdout.trim().split(/\s+/)[2]?.replace('/16', '') ?? '';
    };
    const before = await Promise.all(prepared.map(addressIn));
    assert.equal(new Set(before).size, 4);
    const wanted = before[3] ?? '';
    const joins: [NetworkNamespace, NetworkOptions, string][] = [
      [plain, front, ''],
      [moved, back, ''],
      [fixed, front, wanted],
      [robbed, front, ''],
    ];
    for (const [namespace, network, address] of joins) {
      const addresses = address === '' ? [] : [address];
      const joined = await driver.join({ ...joinOptions(network.id, namespace), addresses });
      const container = new TestContainer(driver, namespace, joined);
      containers.push(container);
      assert.equal(await addressIn(namespace), ipv4Of(container.endpoint));
      await container.serveTcp(80, 'prepared');
      const to = { host: ipv4Of(container.endpoint), port: 80 };
      assert.equal(await askTcp(HOST, to), `prepared ${network.pools[0]?.gateway}`);
      const { stdout: routes } = await inside(namespace, ['route']);
      assert.match(routes, new RegExp(`^default via ${network.pools[0]?.gateway} `, 'm'));
    }
    const [first, , third, fourth] = containers.slice(-4).map(({ endpoint }) => ipv4Of(endpoint));
    assert.equal(first, before[0]);
    assert.equal(third, wanted);
    assert.notEqual(fourth, wanted);
  });

  test('A UDP sender that never pauses reaches the container that has the port at the time.', async () => {
    const ports: JoinOptions['ports'] = [{ protocol: 'udp', containerPort: 53, hostIp: '', hostPort: 5454 }];
    const sender = createUdpSender(outside.descriptor, { host: HOST_ADDRESS, port: 5454 });
    try {
      await sender.sent();
      for (const name of ['first', 'second']) {
        const server = await start(front, { ports });
        server.serveUdp(53, name);
        assert.equal(await sender.answer(), `${name} ${OUTSIDE_ADDRESS}`);
        await server.stop();
      }
    } finally {
      sender.close();
    }
  });

  test('A firewall that was flushed is restored.', async () => {
    const published = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8789 } as const;
    const container = await start(front, { ports: [published] });
    await container.serveTcp(80, 'container');
    const listener = await serveTcp(outside.descriptor, 7004, 'outside');
    const whole = async () =>
      (await askTcp(outside.descriptor, { host: HOST_ADDRESS, port: 8789 })) !== undefined &&
      (await askTcp(container.descriptor, { host: OUTSIDE_ADDRESS, port: 7004 })) ===
        `outside ${HOST_ADDRESS}`;
    for (const what of [['ruleset'], ['table', 'ip', TABLE], ['map', 'ip', TABLE, 'published']]) {
      assert.ok(await whole());
      await run('nft', ['flush', ...what]);
      await until(whole);
    }
    listener.close();
  });

  test('A firewall that was flushed is restored by the next published port.', async () => {
    const port = { protocol: 'tcp', containerPort: 80, hostIp: '' } as const;
    const earlier = await start(front, { ports: [{ ...port, hostPort: 8787 }] });
    await earlier.serveTcp(80, 'earlier');
    await run('nft', ['flush', 'ruleset']);
    await start(front, { ports: [{ ...port, hostPort: 8788 }] });
    assert.equal(
      await askTcp(outside.descriptor, { host: HOST_ADDRESS, port: 8787 }),
      `earlier ${OUTSIDE_ADDRESS}`,
    );
  });

  test('A container can be connected to a second network, and disconnected again.', async () => {
    const container = await start(front);
    const server = await start(back);
    await server.serveTcp(80, 'second');
    const { endpoint } = await driver.join(joinOptions(back.id, container.namespace, 'eth1'));
    const to = { host: ipv4Of(server.endpoint), port: 80 };
    assert.equal(await askTcp(container.descriptor, to), `second ${ipv4Of(endpoint)}`);
    await driver.leave(endpoint, { namespace: container.namespace });
    assert.equal(await askTcp(container.descriptor, to), undefined);
    const { stdout } = await inside(container.namespace, ['-br', 'link']);
    assert.deepEqual(stdout.match(/^(lo|eth\d)/gm), ['lo', 'eth0']);
  });

  test('An MTU may be smaller than IPv6 needs.', async () => {
    const options = { 'com.docker.network.driver.mtu': '1234' };
    const small = networkOptions({ subnet: '10.90.0.0/24', gateway: '10.90.0.1', options });
    await driver.createNetwork(small);
    const container = await start(small);
    const { stdout } = await inside(container.namespace, ['link', 'show', 'eth0']);
    assert.match(stdout, / mtu 1234 /);
    const { descriptor } = await start(small);
    await container.serveTcp(80, 'small');
    assert.match((await askTcp(descriptor, { host: ipv4Of(container.endpoint), port: 80 })) ?? '', /^small /);
    for (const started of containers.splice(-2)) await started.stop();
    await driver.removeNetwork(small.id);
  });

  test('A network more or less changes elements of sets, and no rule.', async () => {
    const list = async () => (await run('nft', ['list', 'ruleset'])).stdout;
    const before = await list();
    // Loading the rules anew would take it away.
    await run('nft', ['add', 'rule', 'ip', TABLE, 'forward', 'counter', 'comment', '"marker"']);
    const pools = [
      { subnet: '10.88.0.0/24', gateway: '10.88.0.1', range: '', auxiliary: {} },
      { subnet: 'fd00:88::/64', gateway: 'fd00:88::1', range: '', auxiliary: {} },
    ];
    const more = { id: newId(), name: 'more', pools: pools.slice(0, 1), internal: false, options: {} };
    await driver.createNetwork(more);
    assert.match(await list(), /set outbound \{[^}]*10\.88\.0\.0\/24/);
    assert.match(
      await list(),
      new RegExp(`set home \\{[^}]*10\\.88\\.0\\.0/24 \\. "br-${more.id.slice(0, 12)}"`),
    );
    assert.match(await list(), /comment "marker"/);
    const listener = await serveTcp(outside.descriptor, 7002, 'outside');
    const container = await start(more);
    const asked = await askTcp(container.descriptor, { host: OUTSIDE_ADDRESS, port: 7002 });
    assert.equal(asked, `outside ${HOST_ADDRESS}`);
    listener.close();
    await container.stop();
    await driver.removeNetwork(more.id);
    assert.match(await list(), /comment "marker"/);
    const six = { ...more, id: newId(), pools };
    await driver.createNetwork(six);
    assert.match(await list(), /table ip6[^]*set outbound \{[^}]*fd00:88::\/64/);
    await driver.removeNetwork(six.id);
    assert.equal(await list(), before);
  });

  test('A routed network is reached at published ports alone, without translation.', async () => {
    const modes = { 'com.docker.network.bridge.gateway_mode_ipv4': 'routed' };
    const routed = networkOptions({ subnet: '10.89.0.0/24', gateway: '10.89.0.1', options: modes });
    await driver.createNetwork(routed);
    await inside(outside, ['route', 'add', '10.89.0.0/24', 'via', HOST_ADDRESS]);
    const ports = [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8180 }] as const;
    const container = await start(routed, { ports: [...ports] });
    assert.deepEqual(container.endpoint.ports, [
      { protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 0 },
    ]);
    await container.serveTcp(80, 'routed');
    await container.serveTcp(81, 'closed');
    const host = ipv4Of(container.endpoint);
    assert.equal(await askTcp(outside.descriptor, { host, port: 80 }), `routed ${OUTSIDE_ADDRESS}`);
    assert.equal(await askTcp(outside.descriptor, { host, port: 81 }), undefined);
    assert.equal(await askTcp(outside.descriptor, { host: HOST_ADDRESS, port: 8180 }), undefined);
    const listener = await serveTcp(outside.descriptor, 7203, 'outside');
    assert.equal(
      await askTcp(container.descriptor, { host: OUTSIDE_ADDRESS, port: 7203 }),
      `outside ${host}`,
    );
    listener.close();
    await container.stop();
    await inside(outside, ['route', 'del', '10.89.0.0/24']);
    await driver.removeNetwork(routed.id);
    assert.doesNotMatch((await run('nft', ['list', 'ruleset'])).stdout, /10\.89\.0/);
  });

  test('An unprotected network is reached at every port; the host’s own addresses are as published.', async () => {
    const modes = {
      'com.docker.network.bridge.gateway_mode_ipv4': 'nat-unprotected',
      'com.docker.network.host_ipv4': HOST_ADDRESS,
    };
    const open = networkOptions({ subnet: '10.89.0.0/24', gateway: '10.89.0.1', options: modes });
    await driver.createNetwork(open);
    await inside(outside, ['route', 'add', '10.89.0.0/24', 'via', HOST_ADDRESS]);
    const container = await start(open);
    await container.serveTcp(81, 'open');
    const host = ipv4Of(container.endpoint);
    assert.equal(await askTcp(outside.descriptor, { host, port: 81 }), `open ${OUTSIDE_ADDRESS}`);
    const listener = await serveTcp(outside.descriptor, 7204, 'outside');
    assert.equal(
      await askTcp(container.descriptor, { host: OUTSIDE_ADDRESS, port: 7204 }),
      `outside ${HOST_ADDRESS}`,
    );
    listener.close();
    await container.stop();
    await inside(outside, ['route', 'del', '10.89.0.0/24']);
    await driver.removeNetwork(open.id);
  });

  test('An isolated network has no address on the host, and is internal.', async () => {
    const mode = { 'com.docker.network.bridge.gateway_mode_ipv4': 'isolated' };
    const pool = { subnet: '10.89.0.0/31', gateway: '' };
    await assert.rejects(driver.createNetwork(networkOptions({ ...pool, options: mode })), {
      kind: 'invalid-parameter',
      message: "gateway mode 'isolated' can only be used for an internal network",
    });
    const isolated = networkOptions({ ...pool, options: mode, internal: true });
    await driver.createNetwork(isolated);
    assert.doesNotMatch((await run('ip', ['-4', 'address'])).stdout, /10\.89\.0/);
    const [one, other] = [await start(isolated), await start(isolated)];
    await other.serveTcp(80, 'other');
    assert.deepEqual([ipv4Of(one.endpoint), ipv4Of(other.endpoint)], ['10.89.0.0', '10.89.0.1']);
    assert.equal(await askTcp(one.descriptor, { host: '10.89.0.1', port: 80 }), 'other 10.89.0.0');
    for (const container of [one, other]) await container.stop();
    await driver.removeNetwork(isolated.id);
  });

  test('Packets of SCTP arrive at a published port with their sender’s address.', async () => {
    const ports = [{ protocol: 'sctp', containerPort: 3868, hostIp: '', hostPort: 3869 }] as const;
    const container = await start(front, { ports: [...ports] });
    const received = receiveSctp(container.descriptor);
    await until(async () => {
      sendSctpInit(outside.descriptor, { host: HOST_ADDRESS, port: 3869 });
      const packet = received();
      return packet?.source === OUTSIDE_ADDRESS && packet.port === 3868;
    });
    received.close();
    await container.stop();
  });

  test('What administrators have put into their chain stays, and comes first.', async () => {
    const ports = [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8280 }] as const;
    const container = await start(front, { ports: [...ports] });
    await container.serveTcp(80, 'web');
    const ask = () => askTcp(outside.descriptor, { host: HOST_ADDRESS, port: 8280 });
    assert.equal(await ask(), `web ${OUTSIDE_ADDRESS}`);
    const rule = `add rule ip ${TABLE} administrators meta l4proto tcp ct original proto-dst 8280 drop`;
    await run('nft', rule.split(' '));
    assert.equal(await ask(), undefined);
    const more = networkOptions({ subnet: '10.89.0.0/24', gateway: '10.89.0.1' });
    await driver.createNetwork(more);
    await driver.removeNetwork(more.id);
    assert.equal(await ask(), undefined);
    await run('nft', ['flush', 'chain', 'ip', TABLE, 'administrators']);
    assert.equal(await ask(), `web ${OUTSIDE_ADDRESS}`);
    await container.stop();
  });

  test('A subnet is chosen that collides with no network, nor with a route of the host.', async () => {
    assert.deepEqual(chooseSubnet({ taken: ['172.20.0.0/16'] }), {
      subnet: '172.21.0.0/16',
      gateway: '172.21.0.1',
    });
    assert.equal(chooseSubnet({ taken: [], ownDevice: 'slipway0' }).subnet, '172.17.0.0/16');
    const pools = [
      { base: '172.20.0.0/16', size: 17 },
      { base: '10.9.0.0/23', size: 24 },
    ];
    const taken = ['172.20.5.0/24', '172.20.128.0/17', '10.9.0.64/26'];
    assert.deepEqual(chooseSubnet({ taken, pools }), { subnet: '10.9.1.0/24', gateway: '10.9.1.1' });
    assert.throws(() => chooseSubnet({ taken: [...taken, '10.9.1.0/24'], pools }), { kind: 'unavailable' });
    assert.throws(
      () => chooseSubnet({ taken, pools: [{ base: '10.9.0.0/24', size: 16 }] }),
      /invalid pool size/,
    );
  });
});

test('An interface that an engine gave to a running container, and could not note, goes.', async () => {
  const open = (): NetworkDriver => {
    const drivers = openNetworkDrivers({ table: 'slipway_killed' });
    for (const [name, driver] of drivers) if (name !== 'bridge') driver.close();
    const driver = drivers.get('bridge');
    assert.ok(driver);
    return driver;
  };
  const network = networkOptions({ subnet: '10.91.0.0/24', gateway: '10.91.0.1' });
  const killed = open();
  await killed.createNetwork(network);
  await killed.restore([], []);
  const namespace = await NetworkNamespace.create();
  const noted = await killed.join(joinOptions(network.id, namespace));
  await killed.join(joinOptions(network.id, namespace, 'eth1'));
  killed.close();
  const next = open();
  await next.createNetwork(network);
  await next.restore([noted.endpoint], []);
  const { stdout } = await inside(namespace, ['-br', 'link']);
  assert.match(stdout, /^eth0@/m);
  assert.doesNotMatch(stdout, /eth1/);
  await next.leave(noted.endpoint, { namespace });
  namespace.close();
  await next.removeNetwork(network.id);
  next.close();
});

class TestContainer {
  driver: NetworkDriver;
  readonly namespace: NetworkNamespace;
  readonly endpoint: Endpoint;
  readonly #descriptors: number[];
  readonly #servers: { close(): void }[] = [];
  #stopped = false;

  constructor(
    driver: NetworkDriver,
    namespace: NetworkNamespace,
    joined: { endpoint: Endpoint; reserved: { descriptors: number[] } },
  ) {
    this.driver = driver;
    this.namespace = namespace;
    this.endpoint = joined.endpoint;
    this.#descriptors = joined.reserved.descriptors;
  }

  get descriptor(): number {
    return this.namespace.descriptor;
  }

  async serveTcp(port: number, name: string): Promise<void> {
    this.#servers.push(await serveTcp(this.descriptor, port, name));
  }

  serveUdp(port: number, name: string): void {
    this.#servers.push(serveUdp(this.descriptor, port, name));
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const server of this.#servers) server.close();
    this.namespace.close();
    for (const descriptor of this.#descriptors) closeSync(descriptor);
    await this.driver.leave(this.endpoint, {});
  }
}

/** As a pool makes them. */
async function prepareNamespace(driver: NetworkDriver): Promise<NetworkNamespace> {
  const { promise, resolve } = Promise.withResolvers<NetworkNamespace>();
  const prepare = async (namespace: NetworkNamespace) => {
    await driver.prepare(namespace);
    resolve(namespace);
  };
  const pool = new NamespacePool({ size: 1, prepare });
  await promise;
  await new Promise(setImmediate);
  const namespace = await pool.take({ connected: true });
  assert.equal(namespace, await promise);
  await pool.close();
  return namespace;
}

function openDriver(type: string): NetworkDriver {
  const drivers = openNetworkDrivers({ table: TABLE });
  for (const [name, driver] of drivers) if (name !== type) driver.close();
  const driver = drivers.get(type);
  assert.ok(driver);
  return driver;
}

/** Whether the kernel has such interfaces. */
function hasLinkKind(kind: string): boolean {
  try {
    execFileSync('unshare', ['-n', 'sh', '-c', LINK_SCRIPTS[kind] ?? 'false'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function networkOptions({
  subnet,
  gateway,
  ...options
}: Partial<NetworkOptions> & { subnet: string; gateway: string }): NetworkOptions {
  const pools = [{ subnet, gateway, range: '', auxiliary: {} }];
  return { id: newId(), name: 'test', pools, internal: false, options: {}, ...options };
}

function ipv4Of(endpoint: Endpoint): string {
  return addressOf(endpoint, 4)?.address ?? '';
}

function inside(namespace: NetworkNamespace, args: string[]): Promise<{ stdout: string }> {
  return run('nsenter', [`--net=/proc/${process.pid}/fd/${namespace.descriptor}`, 'ip', ...args]);
}

/** Links, addresses, routes and neighbours of the bridges, published ports: without what changes by itself. */
async function traces(): Promise<string[]> {
  const { stdout: links } = await run('ip', ['-o', 'link']);
  const { stdout: addresses } = await run('ip', ['-o', '-4', 'address']);
  const { stdout: routes } = await run('ip', ['-4', 'route']);
  const { stdout: rules } = await run('nft', ['list', 'ruleset']);
  const names = links.split('\n').map(line => line.split(': ')[1]?.replace(/@.*/, '') ?? '');
  const stable = (text: string) => text.replaceAll(/ linkdown|\d+: /g, '').split('\n');
  const { stdout: neighbours } = await run('ip', ['-4', 'neighbour']);
  return [...names, ...neighbours.split('\n'), ...stable(addresses), ...stable(routes), ...rules.split('\n')];
}
