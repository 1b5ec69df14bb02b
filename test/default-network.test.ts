/** The default network as the daemon's options have it, each on a daemon in a network namespace of its own. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContainerInspect, NetworkInspect } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const SERVER = ['sh', '-c', 'echo served > /index.html; exec httpd -f -p [::]:80 -h /'];

async function withDaemon(flags: string[], task: (daemon: DaemonProcess) => Promise<void>): Promise<void> {
  const daemon = new DaemonProcess(...flags);
  try {
    await daemon.start();
    assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
    await task(daemon);
  } finally {
    await daemon.dispose();
  }
}

async function bridge(daemon: DaemonProcess): Promise<NetworkInspect> {
  return (await daemon.api('GET', '/networks/bridge')) as NetworkInspect;
}

async function serve(daemon: DaemonProcess, hostConfig: object = {}, name = ''): Promise<ContainerInspect> {
  const query = name === '' ? '' : `?name=${name}`;
  const body = { Image: 'busybox', Cmd: SERVER, ExposedPorts: { '80/tcp': {} }, HostConfig: hostConfig };
  const { Id } = (await daemon.api('POST', `/containers/create${query}`, body)) as { Id: string };
  await daemon.api('POST', `/containers/${Id}/start`);
  const listens = async () =>
    (await daemon.slipway('exec', Id, 'wget', '-q', '-O-', 'http://127.0.0.1/')).code === 0;
  await until(listens);
  return (await daemon.api('GET', `/containers/${Id}/json`)) as ContainerInspect;
}

async function reaches(daemon: DaemonProcess, from: string, url: string): Promise<boolean> {
  return (await daemon.slipway('exec', from, 'timeout', '1', 'wget', '-q', '-O-', url)).code === 0;
}

describe('the default network', () => {
  test('without icc, containers reach those that they are linked to, and what is published', async () => {
    await withDaemon(['--icc=false'], async daemon => {
      const web = await serve(daemon, { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, 'web');
      const { Gateway: gateway, IPAddress: address } = web.NetworkSettings;
      const linked = await serve(daemon, { Links: ['web:web'] }, 'linked');
      await serve(daemon, {}, 'stranger');
      assert.equal(await reaches(daemon, 'linked', 'http://web/'), true);
      assert.equal(await reaches(daemon, 'stranger', `http://${address}/`), false);
      assert.equal(await reaches(daemon, 'stranger', `http://${gateway}:8080/`), true);
      assert.equal(await reaches(daemon, 'web', `http://${linked.NetworkSettings.IPAddress}/`), false);
      // It comes back with another address, perhaps, and is still linked to.
      await daemon.api('POST', '/containers/web/restart?t=0');
      await until(() => reaches(daemon, 'linked', 'http://web/'));
      await daemon.kill();
      await daemon.start();
      assert.equal(await reaches(daemon, 'linked', 'http://web/'), true);
      await daemon.api('POST', '/containers/linked/kill');
      const { stdout } = await daemon.inNetwork('nft', 'list', 'ruleset');
      assert.doesNotMatch(stdout, /set linked \{[^}]*elements/);
    });
  });

  test('it has the subnets, the ranges and the gateways that are asked for', async () => {
    const flags = `--bip 10.5.0.1/16 --fixed-cidr 10.5.1.0/24 --default-gateway 10.5.0.9 --ipv6 --bip6 fd00:8::1/64
      --fixed-cidr-v6 fd00:8::1:0/112 --default-gateway-v6 fd00:8::9`;
    await withDaemon(flags.split(/\s+/), async daemon => {
      const { EnableIPv6, IPAM } = await bridge(daemon);
      assert.equal(EnableIPv6, true);
      assert.deepEqual(IPAM.Config, [
        {
          Subnet: '10.5.0.0/16',
          IPRange: '10.5.1.0/24',
          Gateway: '10.5.0.1',
          AuxiliaryAddresses: { DefaultGatewayIPv4: '10.5.0.9' },
        },
        {
          Subnet: 'fd00:8::/64',
          IPRange: 'fd00:8::1:0/112',
          Gateway: 'fd00:8::1',
          AuxiliaryAddresses: { DefaultGatewayIPv6: 'fd00:8::9' },
        },
      ]);
      const { NetworkSettings } = await serve(daemon);
      assert.match(NetworkSettings.IPAddress, /^10\.5\.1\.\d+$/);
      assert.match(NetworkSettings.GlobalIPv6Address, /^fd00:8::1:\d+$/);
      assert.equal(NetworkSettings.Gateway, '10.5.0.9');
      assert.equal(NetworkSettings.IPv6Gateway, 'fd00:8::9');
    });
  });

  test('its subnet is the range of addresses where only that is given', async () => {
    await withDaemon(['--fixed-cidr', '10.5.1.0/24'], async daemon => {
      assert.deepEqual((await bridge(daemon)).IPAM.Config, [
        { Subnet: '10.5.1.0/24', IPRange: '10.5.1.0/24' },
      ]);
      await daemon.kill();
      await daemon.start();
      assert.match((await serve(daemon)).NetworkSettings.IPAddress, /^10\.5\.1\.[2-9]$/);
    });
  });

  test('ports are published on both IP versions, and the client’s address arrives', async () => {
    await withDaemon(['--ipv6', '--fixed-cidr-v6', 'fd00:9::/64'], async daemon => {
      const ports = { '80/tcp': [{ HostPort: '8080' }, { HostIp: '::1', HostPort: '8081' }] };
      const { NetworkSettings } = await serve(daemon, { PortBindings: ports }, 'web');
      assert.deepEqual(NetworkSettings.Ports, {
        '80/tcp': [
          { HostIp: '0.0.0.0', HostPort: '8080' },
          { HostIp: '::', HostPort: '8080' },
          { HostIp: '::1', HostPort: '8081' },
        ],
      });
      const script =
        'fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(async r => process.stdout.write(await r.text()))';
      const get = async (url: string) => {
        const { stdout } = await daemon.inNetwork(process.execPath, '-e', script, url);
        return stdout.trim();
      };
      assert.equal(await get('http://127.0.0.1:8080/'), 'served');
      assert.equal(await get('http://[fd00:9::1]:8080/'), 'served');
      // Where bridged packets go through the firewall they cannot be brought back to ::1.
      await daemon.inNetwork('sysctl', '-qw', 'net.bridge.bridge-nf-call-ip6tables=0');
      assert.equal(await get('http://[::1]:8081/'), 'served');
      assert.equal(await get('http://[::1]:8080/'), 'served');
      await serve(daemon, {}, 'peer');
      assert.equal(await reaches(daemon, 'peer', 'http://[fd00:9::1]:8080/'), true);
      assert.equal(await reaches(daemon, 'web', 'http://[fd00:9::1]:8080/'), true);
      assert.equal(await reaches(daemon, 'peer', 'http://[fd00:9::1]:8081/'), false);
      await assert.rejects(
        serve(daemon, { PortBindings: { '80/tcp': [{ HostIp: '::', HostPort: '8080' }] } }),
        /500 .*Bind for :::8080 failed: port is already allocated/,
      );
    });
  });

  test('without it, containers that name no network have none', async () => {
    await withDaemon(['--bridge', 'none'], async daemon => {
      const { stdout } = await daemon.docker('network', 'ls', '--format', '{{.Name}}');
      assert.equal(stdout, 'host\nnone\n');
      const links = await daemon.docker('run', '--rm', 'busybox', 'ip', '-o', 'link');
      assert.match(links.stdout, /^1: lo: [^\n]*\n$/, links.stderr);
      const asked = await daemon.docker('run', '--rm', '--network', 'bridge', 'busybox', 'true');
      assert.match(asked.stderr, /network bridge not found/);
      const gateway = await daemon.docker(
        'run',
        '--rm',
        '--add-host',
        'host:host-gateway',
        'busybox',
        'true',
      );
      assert.match(gateway.stderr, /unable to derive the IP value for host-gateway/);
      await daemon.api('POST', '/networks/create', { Name: 'own' });
      const inside = await daemon.docker('run', '--rm', '--network', 'own', 'busybox', 'ip', '-o', 'link');
      assert.match(inside.stdout, /eth0/, inside.stderr);
    });
  });

  test('a bridge that existed before keeps its addresses, and stays', async () => {
    const daemon = new DaemonProcess();
    try {
      await daemon.start('--bridge', 'none');
      await daemon.kill('SIGTERM');
      for (const command of [
        'ip link add own0 type bridge',
        'ip address add 10.77.0.1/24 dev own0',
        'ip address add 10.78.0.1/24 dev own0',
      ])
        assert.equal((await daemon.inNetwork(...command.split(' '))).code, 0);
      await daemon.start('--bridge', 'own0');
      assert.deepEqual((await bridge(daemon)).IPAM.Config, [
        { Subnet: '10.77.0.0/24', Gateway: '10.77.0.1' },
      ]);
      await daemon.kill('SIGTERM');
      const { stdout } = await daemon.inNetwork('ip', '-o', '-4', 'address', 'show', 'own0');
      assert.match(stdout, /10\.77\.0\.1\/24[^]*10\.78\.0\.1\/24/);
    } finally {
      await daemon.dispose();
    }
  });

  test('what on the host keeps networks from working is told', async () => {
    await withDaemon([], async daemon => {
      const doctor = () => daemon.slipway('network', 'doctor');
      const wellIs = { code: 0, stdout: 'no problem found\n', stderr: '' };
      assert.deepEqual(await doctor(), wellIs);
      const { stdout: before } = await daemon.docker('info', '--format', '{{json .Warnings}}');
      const chain = '{ type filter hook forward priority 0; policy drop; }';
      await daemon.inNetwork('nft', 'add table ip foreign');
      await daemon.inNetwork('nft', `add chain ip foreign FORWARD ${chain}`);
      await daemon.inNetwork('sysctl', '-qw', 'net.ipv4.ip_forward=0');
      const { Options } = await bridge(daemon);
      const device = Options?.['com.docker.network.bridge.name'] ?? '';
      await daemon.inNetwork('ip', 'address', 'flush', 'dev', device);
      const { code, stdout } = await doctor();
      assert.equal(code, 1);
      for (const expected of [
        /^the chain FORWARD of the table ip foreign drops what containers send and get/m,
        /^the host does not forward IPv4 packets[^\n]*\n {2}remedy: sysctl -w net\.ipv4\.ip_forward=1$/m,
        new RegExp(
          `^the bridge ${device} of the network bridge has lost its address 172\\.\\d+\\.0\\.1/16$`,
          'm',
        ),
      ])
        assert.match(stdout, expected);
      const warned = await daemon.docker('info', '--format', '{{json .Warnings}}');
      assert.notEqual(warned.stdout, before);
      assert.match(warned.stdout, /WARNING: the chain FORWARD of the table ip foreign drops/);
    });
  });

  test('new networks have the options of --default-network-opt, unless they say otherwise', async () => {
    const flags = ['--default-network-opt', 'bridge=com.docker.network.driver.mtu=1234'];
    await withDaemon(flags, async daemon => {
      const mtu = 'com.docker.network.driver.mtu';
      await daemon.api('POST', '/networks/create', { Name: 'plain', Options: { a: 'b' } });
      await daemon.api('POST', '/networks/create', { Name: 'own', Options: { [mtu]: '1300' } });
      const options = async (name: string) =>
        ((await daemon.api('GET', `/networks/${name}`)) as NetworkInspect).Options;
      assert.deepEqual(await options('plain'), { a: 'b', [mtu]: '1234' });
      assert.deepEqual(await options('own'), { [mtu]: '1300' });
      assert.equal((await bridge(daemon)).Options?.[mtu], '1500');
    });
  });
});
