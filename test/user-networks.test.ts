/** Networks that users make, on a daemon in a network namespace of its own. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ContainerInspect, EndpointSettings, NetworkInspect } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

type Endpoints = Record<string, EndpointSettings>;

describe('user-defined networks', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });
  after(() => daemon.dispose());
  afterEach(() => daemon.clear());

  const makeNetwork = (...args: Parameters<DaemonProcess['createNetwork']>) => daemon.createNetwork(...args);

  async function create(
    name: string,
    endpoints: Endpoints,
    hostConfig: object = {},
    command = ['sh', '-c', 'echo "$HOSTNAME" > /index.html; exec httpd -f -h /'],
  ): Promise<void> {
    const [mode] = Object.keys(endpoints);
    await daemon.api('POST', `/containers/create?name=${name}`, {
      Image: 'busybox',
      Cmd: command,
      HostConfig: { NetworkMode: mode, ...hostConfig },
      NetworkingConfig: { EndpointsConfig: endpoints },
    });
  }

  async function start(name: string, endpoints: Endpoints, hostConfig: object = {}): Promise<void> {
    await create(name, endpoints, hostConfig);
    await daemon.api('POST', `/containers/${name}/start`);
    await ready(name);
  }

  /** When its server listens. */
  async function ready(name: string): Promise<void> {
    await inside(name, 'sh', '-c', 'until wget -q -O- http://127.0.0.1/ >/dev/null 2>&1; do :; done');
  }

  const inspect = async (name: string) =>
    (await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect;

  async function addressOf(name: string, network: string): Promise<string> {
    return (await inspect(name)).NetworkSettings.Networks[network]?.IPAddress ?? '';
  }

  async function inside(name: string, ...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await daemon.slipway('exec', name, ...command);
    assert.equal(code, 0, `${command.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  /** Whether a server answers there. What does not answer at all is given one second. */
  async function reaches(name: string, address: string): Promise<boolean> {
    const url = `http://${address.includes('::') ? `[${address}]` : address}/`;
    const { code } = await daemon.slipway('exec', name, 'timeout', '1', 'wget', '-q', '-O-', url);
    return code === 0;
  }

  const connect = (network: string, container: string, settings: EndpointSettings = {}) =>
    daemon.api('POST', `/networks/${network}/connect`, { Container: container, EndpointConfig: settings });
  const disconnect = (network: string, container: string) =>
    daemon.api('POST', `/networks/${network}/disconnect`, { Container: container });

  /** Bridges, and their other ends' names are left out: they change. */
  async function bridges(): Promise<string[]> {
    const { stdout } = await daemon.inNetwork('ip', '-br', 'link', 'show', 'type', 'bridge');
    return stdout
      .split('\n')
      .map(line => line.split(/\s/, 1)[0] ?? '')
      .filter(Boolean)
      .sort();
  }

  test('a network is made, shown and removed, and leaves nothing', async () => {
    const before = await bridges();
    const config = {
      Subnet: '10.2.0.0/24',
      IPRange: '10.2.0.128/25',
      Gateway: '10.2.0.9',
      AuxiliaryAddresses: { router: '10.2.0.130' },
    };
    const options = { 'com.docker.network.bridge.name': 'br-front' };
    const id = await makeNetwork('front', '', {
      IPAM: { Config: [config] },
      Options: options,
      Labels: { a: 'b' },
    });
    const shown = (await daemon.api('GET', `/networks/${id.slice(0, 12)}`)) as NetworkInspect;
    const { Created: _, ...rest } = shown;
    assert.deepEqual(rest, {
      Name: 'front',
      Id: id,
      Scope: 'local',
      Driver: 'bridge',
      EnableIPv4: true,
      EnableIPv6: false,
      IPAM: { Driver: 'default', Options: null, Config: [config] },
      Internal: false,
      Attachable: false,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: {},
      Options: options,
      Labels: { a: 'b' },
    });
    assert.ok((await bridges()).includes('br-front'));
    assert.match((await daemon.inNetwork('ip', 'addr', 'show', 'br-front')).stdout, /inet 10\.2\.0\.9\/24 /);
    await start('web', { front: {} });
    assert.equal(await addressOf('web', 'front'), '10.2.0.128');
    await start('web2', { front: {} });
    assert.equal(await addressOf('web2', 'front'), '10.2.0.129');
    await start('web3', { front: {} });
    assert.equal(await addressOf('web3', 'front'), '10.2.0.131');
    await assert.rejects(
      daemon.api('DELETE', '/networks/front'),
      /403 .*has active endpoints \(name:\\"web\\" id:/,
    );
    for (const name of ['web', 'web2', 'web3']) await daemon.api('DELETE', `/containers/${name}?force=1`);
    await daemon.api('DELETE', '/networks/front');
    assert.deepEqual(await bridges(), before);
  });

  test('what is asked wrongly is refused in Docker’s words, and leaves nothing', async () => {
    const before = await bridges();
    await makeNetwork('taken', '10.4.0.0/16', { Options: { 'com.docker.network.bridge.name': 'br-taken' } });
    const refused: [object, RegExp][] = [
      [{ Name: '' }, /400 .*invalid name: name is empty/],
      [{ Name: 'taken' }, /409 .*network with name taken already exists/],
      [{ Name: 'bridge' }, /403 .*operation is not permitted on predefined bridge network /],
      [{ Name: 'n', Driver: 'nosuch' }, /404 .*plugin \\"nosuch\\" not found/],
      [{ Name: 'n', Driver: 'host' }, /403 .*only one instance of \\"host\\" network is allowed/],
      [
        { Name: 'n', IPAM: { Config: [{ Subnet: '10.4.3.0/24' }] } },
        /403 .*Pool overlaps with other one on this address space/,
      ],
      [
        { Name: 'n', IPAM: { Config: [{ Subnet: '10.5.0.1/24' }] } },
        /400 .*invalid subnet 10\.5\.0\.1\/24: it should be 10\.5\.0\.0\/24/,
      ],
      [
        { Name: 'n', IPAM: { Config: [{ Subnet: '10.5.0.0/24', Gateway: '10.6.0.1' }] } },
        /400 .*invalid gateway 10\.6\.0\.1: parent subnet 10\.5\.0\.0\/24 doesn't contain this address/,
      ],
      [
        { Name: 'n', IPAM: { Config: [{ Subnet: '10.5.0.0/24' }, { Subnet: '10.6.0.0/24' }] } },
        /403 .*bridge driver doesn't support multiple subnets/,
      ],
      [{ Name: 'n', Options: { 'com.docker.network.bridge.name': 'x"y' } }, /400 .*invalid bridge name/],
      [{ Name: 'n', Options: { 'com.docker.network.bridge.name': 'br*' } }, /400 .*invalid bridge name/],
      [
        { Name: 'n', Options: { 'com.docker.network.bridge.name': 'br-taken' } },
        /403 .*networks have same bridge name/,
      ],
      [{ Name: 'n', Options: { 'com.docker.network.driver.mtu': 'x' } }, /400 .*strconv\.Atoi/],
      [{ Name: 'n', EnableIPv4: false }, /400 .*IPv4 or IPv6 must be enabled/],
    ];
    for (const [body, message] of refused)
      await assert.rejects(daemon.api('POST', '/networks/create', body), message);
    assert.deepEqual(await bridges(), [...before, 'br-taken'].sort());
    await assert.rejects(daemon.api('DELETE', '/networks/nosuch'), /404 .*network nosuch not found/);
    await assert.rejects(
      daemon.api('DELETE', '/networks/bridge'),
      /403 .*bridge is a pre-defined network and cannot be removed/,
    );
  });

  test('of requests at once for one name, one makes the network', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => makeNetwork('once')));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const others = await Promise.all(Array.from({ length: 8 }, (_, index) => makeNetwork(`many${index}`)));
    const networks = (await daemon.api('GET', '/networks')) as NetworkInspect[];
    const subnets = networks.flatMap(({ IPAM }) => IPAM.Config?.map(({ Subnet }) => Subnet) ?? []);
    assert.equal(new Set(subnets).size, subnets.length);
    assert.equal(new Set(others).size, 8);
  });

  test('networks are apart, and containers of several reach each of them', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await makeNetwork('back', '10.3.0.0/24');
    await start('web', { front: {} });
    await start('db', { back: {} });
    await start('both', { back: {}, front: { IPAMConfig: { IPv4Address: '10.2.0.77' } } });
    assert.equal(await addressOf('both', 'front'), '10.2.0.77');
    const [web, db] = [await addressOf('web', 'front'), await addressOf('db', 'back')];
    assert.equal(await reaches('both', web), true);
    assert.equal(await reaches('both', db), true);
    assert.equal(await reaches('web', '10.2.0.77'), true);
    assert.equal(await reaches('web', db), false);
    assert.equal(await reaches('web', await addressOf('both', 'back')), false);
  });

  test('a running container is connected and disconnected, and comes back the same', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await makeNetwork('back', '10.3.0.0/24');
    await start('db', { back: {} });
    await start('web', { front: {} });
    const db = await addressOf('db', 'back');
    assert.equal(await reaches('web', db), false);
    const settings = {
      IPAMConfig: { IPv4Address: '10.3.0.50' },
      MacAddress: '02:00:00:00:00:50',
      Aliases: ['w'],
    };
    await connect('back', 'web', settings);
    assert.equal(await reaches('web', db), true);
    assert.match(await inside('web', 'cat', '/etc/hosts'), /^10\.3\.0\.50\t/m);
    const shown = (await inspect('web')).NetworkSettings.Networks['back'];
    assert.equal(shown?.IPAddress, '10.3.0.50');
    assert.equal(shown?.MacAddress, '02:00:00:00:00:50');
    assert.deepEqual(shown?.DNSNames?.slice(0, 2), ['web', 'w']);
    await assert.rejects(
      connect('back', 'web'),
      /403 .*endpoint with name web already exists in network back/,
    );
    await daemon.api('POST', '/containers/web/restart?t=0');
    await ready('web');
    assert.equal(await addressOf('web', 'back'), '10.3.0.50');
    await disconnect('back', 'web');
    assert.equal(await reaches('web', db), false);
    assert.doesNotMatch(await inside('web', 'cat', '/etc/hosts'), /10\.3\.0\.50/);
    assert.deepEqual((await inside('web', 'ls', '/sys/class/net')).split(/\s+/), ['eth0', 'lo']);
    await assert.rejects(disconnect('back', 'web'), /is not connected to network back/);
    await connect('back', 'web', settings);
    assert.equal(await addressOf('web', 'back'), '10.3.0.50');
  });

  test('a stopped container is connected and disconnected for its next start', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await create('web', { front: {} });
    await makeNetwork('back', '10.3.0.0/24');
    await connect('back', 'web', { IPAMConfig: { IPv4Address: '10.3.0.9' } });
    await disconnect('front', 'web');
    await daemon.api('POST', '/containers/web/start');
    const { Networks } = (await inspect('web')).NetworkSettings;
    assert.deepEqual(Object.keys(Networks), ['back']);
    assert.equal(Networks['back']?.IPAddress, '10.3.0.9');
  });

  test('a stopped container is disconnected from a network that has been removed', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await create('web', { front: {} });
    await daemon.api('DELETE', '/networks/front');
    await assert.rejects(disconnect('back', 'web'), /500 .*is not connected to the network back/);
    await disconnect('front', 'web');
    assert.deepEqual((await inspect('web')).NetworkSettings.Networks, {});
    await start('running', { bridge: {} });
    await assert.rejects(disconnect('front', 'running'), /404 .*network front not found/);
  });

  test('what is wrong with an endpoint is told before what is wrong with its network', async () => {
    await daemon.slipwayOut('create', '--name=alone', '--network=none', 'busybox', 'sleep', '1000');
    for (const network of ['bridge', 'host', 'none'])
      await assert.rejects(
        connect(network, 'alone', { Aliases: ['name'] }),
        /network-scoped alias is supported only for containers in user defined networks/,
      );
  });

  test('the subnets of a network are shown with those of IPv4 first', async () => {
    const Config = [{ Subnet: 'fd80:24e2::/64' }, { Subnet: '10.2.0.0/24', Gateway: '10.2.0.9' }];
    for (const [Name, given] of Object.entries({ both: Config, one: Config.slice(0, 1) })) {
      await daemon.api('POST', '/networks/create', { Name, EnableIPv6: true, IPAM: { Config: given } });
      const { IPAM } = (await daemon.api('GET', `/networks/${Name}`)) as NetworkInspect;
      assert.deepEqual(
        IPAM.Config?.map(({ Subnet = '' }) => Subnet.includes(':')),
        [false, true],
      );
      await daemon.api('DELETE', `/networks/${Name}`);
    }
  });

  test('a fixed address of a container that does not run is given to no other container', async () => {
    await makeNetwork('front', '10.2.0.0/29');
    await create('fixed', { front: { IPAMConfig: { IPv4Address: '10.2.0.2' } } });
    for (const name of ['aa', 'bb', 'cc', 'dd']) await start(name, { front: {} });
    await assert.rejects(
      start('ee', { front: {} }),
      /no available IPv4 addresses on this network's address pools: front \(/,
    );
    await daemon.api('POST', '/containers/fixed/start');
    assert.equal(await addressOf('fixed', 'front'), '10.2.0.2');
  });

  test('fixed addresses that cannot be had are refused in Docker’s words', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await makeNetwork('chosen');
    const at = (IPv4Address: string) => ({ IPAMConfig: { IPv4Address } });
    await assert.rejects(
      create('web', { front: at('10.9.0.1') }),
      /400 .*invalid config for network front: invalid endpoint settings:\\nno configured subnet or ip-range contain the IP address 10\.9\.0\.1/,
    );
    await assert.rejects(
      create('web', { chosen: at('172.18.0.9') }),
      /user specified IP address is supported only when connecting to networks with user configured subnets/,
    );
    await assert.rejects(
      create('web', { bridge: at('172.17.0.9') }),
      /user specified IP address is supported on user defined networks only/,
    );
    await assert.rejects(create('web', { front: at('0.0.0.0') }), /invalid IPv4 address: 0\.0\.0\.0/);
    for (const IPv6Address of ['::ffff:10.2.0.9', '::'])
      await assert.rejects(
        create('web', { front: { IPAMConfig: { IPv6Address } } }),
        /400 .*invalid IPv6 address: ::/,
      );
    await start('web', { front: at('10.2.0.9') });
    await create('web2', { front: at('10.2.0.9') });
    await assert.rejects(
      daemon.api('POST', '/containers/web2/start'),
      /403 .*failed to set up container networking: Address already in use/,
    );
    await create('web3', { front: {} });
    await daemon.api('POST', '/containers/web3/start');
    await makeNetwork('other', '10.3.0.0/24');
    await connect('other', 'web', at('10.3.0.9'));
    await assert.rejects(connect('other', 'web3', at('10.3.0.9')), /403 .*Address already in use/);
    assert.deepEqual(Object.keys((await inspect('web3')).NetworkSettings.Networks), ['front']);
  });

  test('the default route and published ports go by the best network, which may change', async () => {
    await makeNetwork('aa', '10.2.0.0/24');
    await makeNetwork('bb', '10.3.0.0/24');
    await makeNetwork('inner', '10.4.0.0/24', { Internal: true });
    const ports = { PortBindings: { '80/tcp': [{ HostPort: '8081' }] } };
    const route = () => inside('web', 'sh', '-c', 'ip route | grep default || true');
    const published = async () =>
      (await daemon.inNetwork('timeout', '2', 'wget', '-q', '-O-', 'http://127.0.0.1:8081/')).code;
    await start('web', { bb: {}, aa: {}, inner: { GwPriority: 100 } }, ports);
    assert.match(await route(), /via 10\.2\.0\.1 /);
    assert.equal(await published(), 0);
    await disconnect('aa', 'web');
    assert.match(await route(), /via 10\.3\.0\.1 /);
    assert.equal(await published(), 0);
    await connect('aa', 'web', { GwPriority: -1 });
    assert.match(await route(), /via 10\.3\.0\.1 /);
    await disconnect('aa', 'web');
    await connect('aa', 'web', { GwPriority: 1 });
    assert.match(await route(), /via 10\.2\.0\.1 /);
    assert.equal(await published(), 0);
    await daemon.api('POST', '/containers/web/restart?t=0');
    await ready('web');
    assert.match(await route(), /via 10\.2\.0\.1 /);
    await disconnect('aa', 'web');
    await disconnect('bb', 'web');
    assert.equal(await route(), '');
    assert.notEqual(await published(), 0);
    await connect('bb', 'web');
    assert.match(await route(), /via 10\.3\.0\.1 /);
    assert.equal(await published(), 0);
  });

  test('an interface has the name that is asked for, or the first that is free', async () => {
    await makeNetwork('aa', '10.2.0.0/24');
    await makeNetwork('bb', '10.3.0.0/24', {
      Options: { 'com.docker.network.container_iface_prefix': 'net' },
    });
    await makeNetwork('cc', '10.4.0.0/24');
    const named = { DriverOpts: { 'com.docker.network.endpoint.ifname': 'lan7' } };
    await start('web', { cc: {}, aa: named, bb: {} });
    assert.deepEqual((await inside('web', 'ls', '/sys/class/net')).split(/\s+/), [
      'eth0',
      'lan7',
      'lo',
      'net0',
    ]);
    assert.match(await inside('web', 'ip', 'addr', 'show', 'eth0'), /10\.4\.0\./);
  });

  test('four interfaces are the same ones after each of twenty restarts', async () => {
    const names = ['aa', 'bb', 'cc', 'dd'];
    for (const [index, name] of names.entries()) await makeNetwork(name, `10.${index + 2}.0.0/24`);
    const settings = (index: number) => ({
      IPAMConfig: { IPv4Address: `10.${index + 2}.0.9` },
      DriverOpts: { 'com.docker.network.endpoint.sysctls': `net.ipv4.conf.IFNAME.rp_filter=${index % 2}` },
    });
    const endpoints = names.map((name, index) => [name, settings(index)]);
    await start('web', Object.fromEntries(endpoints) as Endpoints);
    const script = 'ip -o -4 addr; ip route; cat /proc/sys/net/ipv4/conf/eth?/rp_filter';
    const present = async () => {
      const { Pid } = (await inspect('web')).State;
      return (await daemon.run(['nsenter', '-n', '-t', String(Pid), 'sh', '-c', script])).stdout;
    };
    const withoutIndexes = async () => (await present()).replace(/^\d+: /gm, '');
    const first = await withoutIndexes();
    assert.match(first, /eth0 +inet 10\.2\.0\.9[\s\S]*eth3 +inet 10\.5\.0\.9[\s\S]*default via 10\.2\.0\.1/);
    for (let round = 0; round < 20; round++) {
      await daemon.api('POST', '/containers/web/restart?t=0');
      assert.equal(await withoutIndexes(), first);
    }
  });

  test('an endpoint has link-local addresses beside its own', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    const settings = { IPAMConfig: { LinkLocalIPs: ['169.254.7.7', 'fe80::77'] } };
    await create('web', { front: settings });
    await daemon.api('POST', '/containers/web/start');
    const shown = await inside('web', 'ip', 'addr', 'show', 'eth0');
    assert.match(shown, /inet 10\.2\.0\.\d+\/24[\s\S]*inet 169\.254\.7\.7\/16[\s\S]*inet6 fe80::77\/64/);
    assert.deepEqual((await inspect('web')).NetworkSettings.Networks.front?.IPAMConfig, settings.IPAMConfig);
    const wrong = (address: string) =>
      create('other', { front: { IPAMConfig: { LinkLocalIPs: [address] } } });
    for (const address of ['x', '0.0.0.0', '::', 'fe80::1%eth0'])
      await assert.rejects(wrong(address), /400 .*invalid link-local IP address: /);
    await create('elsewhere', { front: { IPAMConfig: { LinkLocalIPs: ['169.253.5.5'] } } });
    await assert.rejects(
      daemon.api('POST', '/containers/elsewhere/start'),
      /400 .*: invalid link local IP address: 169\.253\.5\.5/,
    );
  });

  test('an interface that a killed daemon was about to give a running container goes', async () => {
    await create('web', { bridge: {} });
    await daemon.api('POST', '/containers/web/start');
    const { Pid } = (await inspect('web')).State;
    await daemon.kill();
    // As of macvlan, no end of it lies on the host.
    for (const name of ['eth1', 'own'])
      await daemon.run(['nsenter', '-n', '-t', String(Pid), 'ip', 'link', 'add', name, 'type', 'bridge']);
    const store = new DatabaseSync(join(daemon.base, 'data', 'state.db'));
    store.exec("UPDATE containers SET state = json_set(state, '$.connecting', 'eth1')");
    store.close();
    await daemon.start();
    const left = await inside('web', 'ip', '-o', 'link');
    assert.deepEqual(
      [...left.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name]) => name),
      ['lo', 'eth0', 'own'],
    );
  });

  test('containers of a network without icc do not reach each other, but published ports', async () => {
    await makeNetwork('apart', '10.2.0.0/24', {
      Options: { 'com.docker.network.bridge.enable_icc': 'false' },
    });
    await start('web', { apart: {} }, { PortBindings: { '80/tcp': [{ HostPort: '8082' }] } });
    await start('peer', { apart: {} });
    assert.equal(await reaches('peer', await addressOf('web', 'apart')), false);
    assert.equal(await reaches('peer', '10.2.0.1:8082'), true);
    assert.equal(await reaches('web', '10.2.0.1:8082'), true);
  });

  test('what shares a network namespace, or has none, is connected to nothing else', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    await create('alone', { none: {} });
    await create('hosted', { host: {} });
    const sharing =
      /400 .*container sharing network namespace with another container or host cannot be connected/;
    const alone = /400 .*one of the networks in private \(none\) mode/;
    await daemon.api('POST', '/containers/create?name=joiner', {
      Image: 'busybox',
      HostConfig: { NetworkMode: 'container:web' },
    });
    await assert.rejects(connect('front', 'joiner'), sharing);
    await assert.rejects(connect('front', 'hosted'), sharing);
    await assert.rejects(connect('front', 'alone'), alone);
    await assert.rejects(connect('none', 'web'), alone);
    await assert.rejects(connect('host', 'web'), /400 .*must be created in host network mode/);
    await assert.rejects(disconnect('host', 'hosted'), /400 .*was created in host network mode/);
    await assert.rejects(connect('front', 'nosuch'), /404 .*No such container: nosuch/);
    await assert.rejects(connect('nosuch', 'web'), /404 .*network nosuch not found/);
  });

  test('containers have IPv6 addresses where the network has, and are as apart', async () => {
    const both = {
      EnableIPv6: true,
      IPAM: { Config: [{ Subnet: '10.2.0.0/24' }, { Subnet: 'fd00:2::/64' }] },
    };
    await makeNetwork('both', '', both);
    await makeNetwork('six', '', { EnableIPv6: true, EnableIPv4: false });
    const serve = ['sh', '-c', 'echo six > /index.html; exec httpd -f -p [::]:80 -h /'];
    const settings = { IPAMConfig: { IPv6Address: 'fd00:2::77' } };
    await create('web', { both: settings }, {}, serve);
    await daemon.api('POST', '/containers/web/start');
    await create('alone', { six: {} }, {}, serve);
    await daemon.api('POST', '/containers/alone/start');
    await create('peer', { both: {}, six: {} }, {}, serve);
    await daemon.api('POST', '/containers/peer/start');
    const [web, alone] = [await inspect('web'), await inspect('alone')].map(
      ({ NetworkSettings }) => Object.values(NetworkSettings.Networks)[0],
    );
    assert.deepEqual(
      [web?.IPAddress, web?.GlobalIPv6Address, web?.IPv6Gateway],
      ['10.2.0.2', 'fd00:2::77', 'fd00:2::1'],
    );
    assert.equal(alone?.IPAddress, '');
    assert.match(alone?.GlobalIPv6Address ?? '', /^fd/);
    await until(() => reaches('peer', 'fd00:2::77'));
    await until(() => reaches('peer', alone?.GlobalIPv6Address ?? ''));
    assert.equal(await reaches('web', alone?.GlobalIPv6Address ?? ''), false);
    assert.equal(await reaches('alone', 'fd00:2::77'), false);
    assert.match(await inside('web', 'ip', '-6', 'route'), /^default via fd00:2::1 /m);
    // Of the hardware address that it has on this network.
    const { MacAddress = '' } = web ?? {};
    const own = MacAddress.split(':')
      .slice(-3)
      .map(part => Number.parseInt(part, 16));
    const [high = 0, middle = 0, low = 0] = own;
    const end = `fe${high.toString(16).padStart(2, '0')}:${((middle << 8) | low).toString(16)}`;
    assert.match(await inside('web', 'ip', '-6', 'address'), new RegExp(`fe80::[0-9a-f:]*${end}/64`));
    assert.match(await inside('web', 'cat', '/etc/hosts'), /^fd00:2::77\t/m);
    const { Containers } = (await daemon.api('GET', '/networks/both')) as NetworkInspect;
    assert.ok(Object.values(Containers).some(({ IPv6Address }) => IPv6Address === 'fd00:2::77/64'));
    await disconnect('both', 'web');
    await connect('both', 'web', settings);
    await until(() => reaches('peer', 'fd00:2::77'));
  });

  test('a container may be on a bridge and on an interface of the host', async () => {
    await daemon.inNetwork('ip', 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1');
    for (const name of ['lan0', 'lan1']) await daemon.inNetwork('ip', 'link', 'set', name, 'up');
    await daemon.inNetwork('ip', 'address', 'add', '192.168.77.9/24', 'dev', 'lan1');
    await makeNetwork('lan', '192.168.77.0/24', { Driver: 'macvlan', Options: { parent: 'lan0' } });
    await makeNetwork('hidden', '192.168.78.0/24', {
      Driver: 'macvlan',
      Internal: true,
      Options: { parent: 'lan0' },
    });
    await makeNetwork('front', '10.2.0.0/24');
    const fixed = { IPAMConfig: { IPv4Address: '192.168.77.77' } };
    await start('web', { front: {}, lan: fixed });
    assert.equal(await addressOf('web', 'lan'), '192.168.77.77');
    await start('peer', { lan: {}, hidden: {} });
    assert.equal(await reaches('peer', '192.168.77.77'), true);
    assert.equal(await reaches('peer', 'web'), true);
    // An internal one has no gateway.
    assert.equal(await addressOf('peer', 'hidden'), '192.168.78.1');
    await daemon.kill();
    await daemon.start();
    assert.equal(await reaches('peer', 'web'), true);
    await disconnect('lan', 'web');
    assert.doesNotMatch(await inside('web', 'ip', '-o', 'link'), /eth1/);
    await connect('lan', 'web', fixed);
    await until(() => reaches('peer', '192.168.77.77'));
    await daemon.api('DELETE', '/containers/web?force=1');
    await daemon.api('DELETE', '/containers/peer?force=1');
    for (const name of ['lan', 'hidden']) await daemon.api('DELETE', `/networks/${name}`);
    await daemon.inNetwork('ip', 'link', 'delete', 'lan0');
  });

  test('packets of a network are no longer than those of the interface that leads out', async () => {
    for (const command of [
      'link add uplink mtu 1450 type veth peer name beyond',
      'link set uplink up',
      'link set beyond up',
      'route add default dev uplink',
    ])
      assert.equal((await daemon.inNetwork('ip', ...command.split(' '))).code, 0, command);
    try {
      await makeNetwork('front', '10.2.0.0/24');
      await makeNetwork('own', '10.3.0.0/24', { Options: { 'com.docker.network.driver.mtu': '1300' } });
      await create('web', { front: {}, own: {} });
      await daemon.api('POST', '/containers/web/start');
      const mtuOf = (name: string) => inside('web', 'cat', `/sys/class/net/${name}/mtu`);
      assert.deepEqual([await mtuOf('eth0'), await mtuOf('eth1')], ['1450', '1300']);
    } finally {
      await daemon.inNetwork('ip', 'link', 'delete', 'uplink');
    }
  });

  test('an isolated network has no gateway', async () => {
    await makeNetwork('apart', '10.2.0.0/30', {
      Internal: true,
      Options: { 'com.docker.network.bridge.gateway_mode_ipv4': 'isolated' },
    });
    const { IPAM } = (await daemon.api('GET', '/networks/apart')) as NetworkInspect;
    assert.deepEqual(IPAM.Config, [{ Subnet: '10.2.0.0/30' }]);
    await start('one', { apart: {} });
    await start('other', { apart: {} });
    assert.equal(await addressOf('one', 'apart'), '10.2.0.1');
    assert.equal(await reaches('one', 'other'), true);
  });

  test('events come in Docker’s order', async () => {
    const since = Math.floor(Date.now() / 1000);
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    await connect('bridge', 'web');
    await disconnect('bridge', 'web');
    await daemon.api('POST', '/containers/web/kill');
    await daemon.api('POST', '/containers/web/wait');
    await daemon.api('POST', '/networks/prune');
    const until = Math.ceil(Date.now() / 1000) + 1;
    const text = await daemon.text('GET', `/events?since=${since}&until=${until}`);
    const events = text
      .trim()
      .split('\n')
      .map(
        line =>
          JSON.parse(line) as { Type: string; Action: string; Actor: { Attributes: { name?: string } } },
      );
    const mine = events.filter(
      ({ Type, Action, Actor }) =>
        Type === 'network' || (Actor.Attributes.name === 'web' && !/^exec|^kill/.test(Action)),
    );
    assert.deepEqual(
      mine
        .map(({ Type, Action, Actor }) => `${Type} ${Action} ${Actor.Attributes.name ?? ''}`.trim())
        .slice(-10),
      [
        'network create front',
        'container create web',
        'network connect front',
        'container start web',
        'network connect bridge',
        'network disconnect bridge',
        'network disconnect front',
        'container die web',
        'network destroy front',
        'network prune',
      ],
    );
  });

  test('filters find networks', async () => {
    await makeNetwork('front', '', { Labels: { tier: 'web' } });
    await makeNetwork('back', '', { Driver: 'bridge' });
    await start('web', { front: {} });
    const names = async (filters: object) => {
      const found = await daemon.api('GET', `/networks?filters=${JSON.stringify(filters)}`);
      return (found as NetworkInspect[]).map(({ Name }) => Name).sort();
    };
    assert.deepEqual(await names({ type: ['custom'] }), ['back', 'front']);
    assert.deepEqual(await names({ type: ['builtin'] }), ['bridge', 'host', 'none']);
    assert.deepEqual(await names({ label: ['tier=web'] }), ['front']);
    assert.deepEqual(await names({ dangling: ['true'] }), ['back']);
    assert.deepEqual(await names({ dangling: ['false'] }), ['bridge', 'front', 'host', 'none']);
    assert.deepEqual(await names({ name: ['^fr'] }), ['front']);
    await assert.rejects(names({ type: ['x'] }), /invalid filter: 'type'='x'/);
  });

  test('a network takes its configuration from another one', async () => {
    await makeNetwork('template', '10.2.0.0/24', { ConfigOnly: true, Labels: { a: 'b' } });
    await makeNetwork('front', '', { ConfigFrom: { Network: 'template' } });
    const shown = (await daemon.api('GET', '/networks/front')) as NetworkInspect;
    assert.deepEqual(shown.IPAM.Config, [{ Subnet: '10.2.0.0/24' }]);
    assert.deepEqual([shown.ConfigFrom.Network, shown.Labels], ['template', { a: 'b' }]);
    await start('web', { front: {} });
    assert.equal(await addressOf('web', 'front'), '10.2.0.2');
    await assert.rejects(
      daemon.api('DELETE', '/networks/template'),
      /configuration network \\"template\\" is in use/,
    );
    await assert.rejects(start('web2', { template: {} }), /network template not found/);
    await assert.rejects(
      makeNetwork('n', '', { ConfigFrom: { Network: 'nosuch' } }),
      /configuration network \\"nosuch\\" does not exist/,
    );
  });

  test('after a kill of the daemon containers go on, and what has no owner is removed', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await makeNetwork('back', '10.3.0.0/24');
    await start('web', { front: {} }, { PortBindings: { '80/tcp': [{ HostPort: '8083' }] } });
    await start('peer', { front: {}, back: {} });
    const web = await addressOf('web', 'front');
    const before = await bridges();
    await daemon.kill();
    await daemon.inNetwork('ip', 'link', 'add', 'br-stray', 'type', 'bridge');
    const { stdout } = await daemon.inNetwork('ip', '-d', 'link', 'show', 'type', 'bridge');
    const alias = /alias (\S+ network )/.exec(stdout)?.[1] ?? assert.fail('no alias');
    await daemon.inNetwork('ip', 'link', 'set', 'br-stray', 'alias', `${alias}0000`);
    await daemon.start();
    assert.deepEqual(await bridges(), before);
    assert.equal(await reaches('peer', web), true);
    await start('late', { front: {} });
    assert.notEqual(await addressOf('late', 'front'), web);
    await assert.rejects(daemon.api('DELETE', '/networks/front'), /has active endpoints/);
    await disconnect('front', 'peer');
    assert.equal(await reaches('peer', web), false);
    await connect('front', 'peer');
    assert.equal(await reaches('peer', web), true);
  });
});
