/** Ports of containers that have IPv4 only, at IPv6 addresses of the host's. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ContainerInspect } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { openNetworkNamespace } from '../src/kernel/namespaces.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { serveTcp, serveUdp } from './network-peers.ts';

const BYTES = 3_000_000;
const SERVER = [
  'sh',
  '-c',
  `head -c ${BYTES} /dev/zero > /large; echo served > /index.html; exec httpd -f -h /`,
];

/** Datagrams of three thousand senders. */
const FLOOD =
  'use IO::Socket::IP; for (1 .. 3000) { my $u = IO::Socket::IP->new(PeerHost => "::1", PeerPort => 53, ' +
  'Type => SOCK_DGRAM) or next; $u->send("x" x 1000) } print "done\\n"';
/** Three thousand connections with bad manners. */
const HOSTILE = `
  use IO::Socket::IP; use Socket; my @held;
  for my $i (1 .. 3000) {
    my $c = IO::Socket::IP->new(PeerHost => "::1", PeerPort => 8080, Timeout => 5) or next;
    $c->blocking(0);
    my $kind = $i % 5;
    if ($kind == 0) { print $c "GET /large HTTP/1.0\\r\\n\\r\\n"; $c->flush; shutdown($c, 1) }
    if ($kind == 1) { setsockopt($c, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); syswrite($c, "GET /lar"); close $c; next }
    if ($kind == 2) { syswrite($c, "x" x 200000) }
    if ($kind == 3) { shutdown($c, 1) }
    push @held, $c; shift @held if @held > 700;
  }
  print "done\\n";`;

describe('ports of containers without IPv6, at IPv6 addresses', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });
  after(() => daemon.dispose());
  afterEach(() => daemon.clear());

  async function start(name: string, PortBindings: object): Promise<void> {
    const HostConfig = { PortBindings };
    await daemon.api('POST', `/containers/create?name=${name}`, {
      Image: 'busybox',
      Cmd: SERVER,
      HostConfig,
    });
    await daemon.api('POST', `/containers/${name}/start`);
  }

  async function get(place: string, path = '/'): Promise<string> {
    const { stdout } = await daemon.inNetwork(
      'curl',
      '-gs',
      '--http0.9',
      '--max-time',
      '20',
      `http://${place}${path}`,
    );
    return stdout;
  }

  const answers = (place: string) => until(async () => (await get(place)) === 'served\n');
  const inspect = async (name: string) =>
    (await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect;

  test('a connection is passed on, whole, and goes on without a daemon', async () => {
    await start('web', { '80/tcp': [{ HostPort: '8080' }, { HostIp: '::1', HostPort: '8081' }] });
    assert.deepEqual((await inspect('web')).NetworkSettings.Ports, {
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '8080' },
        { HostIp: '::', HostPort: '8080' },
        { HostIp: '::1', HostPort: '8081' },
      ],
    });
    await answers('[::1]:8080');
    await answers('[::1]:8081');
    assert.equal(await get('127.0.0.1:8081'), '');
    assert.equal((await get('[::1]:8080', '/large')).length, BYTES);
    await daemon.kill();
    assert.equal((await get('[::1]:8081', '/large')).length, BYTES);
    await daemon.start();
    await daemon.api('POST', '/containers/web/restart?t=0');
    await answers('[::1]:8080');
  });

  test('a port leads to where the container is, and is free when it is given up', async () => {
    await start('web', { '80/tcp': [{ HostPort: '8080' }] });
    await answers('[::1]:8080');
    await daemon.api('POST', '/networks/bridge/disconnect', { Container: 'web' });
    assert.equal(await get('[::1]:8080'), '');
    await daemon.createNetwork('front');
    await daemon.api('POST', '/networks/front/connect', { Container: 'web' });
    await answers('[::1]:8080');
    await daemon.slipwayOut('port', 'rm', 'web', '8080:80');
    assert.equal(await get('[::1]:8080'), '');
    await daemon.slipwayOut('port', 'add', 'web', '[::1]:8080:80');
    await answers('[::1]:8080');
  });

  test('no program of the host gets what is meant for the container, whoever takes the rules away', async () => {
    await start('web', { '80/tcp': [{ HostIp: '::1', HostPort: '8080' }] });
    await answers('[::1]:8080');
    const host = openNetworkNamespace(daemon.namespacePid);
    const server = await serveTcp(host, 8080, 'of the host');
    // What takes the rules away does so again and again: the daemon mends them meanwhile.
    const flush = 'while nft flush ruleset; do :; done';
    const flushing = spawn('nsenter', ['-n', '-t', String(daemon.namespacePid), 'sh', '-c', flush]);
    try {
      assert.match(await get('127.0.0.1:8080', ''), /^of the host 127\.0\.0\.1$/);
      for (let round = 0; round < 30; round++) assert.equal(await get('[::1]:8080'), 'served\n');
      await daemon.api('POST', '/networks/bridge/disconnect', { Container: 'web' });
      assert.equal(await get('[::1]:8080'), '');
    } finally {
      flushing.kill('SIGKILL');
      server.close();
      closeSync(host);
    }
  });

  test('datagrams are passed on, and answered from the address that was asked', async () => {
    await start('web', { '53/udp': [{ HostPort: '5300' }] });
    const inside = openNetworkNamespace((await inspect('web')).State.Pid);
    const server = serveUdp(inside, 53, 'web');
    try {
      const ask =
        'use IO::Socket::IP; use Socket "SOCK_DGRAM"; $s = IO::Socket::IP->new(PeerHost => "::1", PeerPort => 5300,' +
        'Type => SOCK_DGRAM) or die; for (1 .. 3) { $s->send("?"); alarm 10; $s->recv($a, 100); print "$a\n" }';
      const { stdout, stderr } = await daemon.inNetwork('perl', '-e', ask);
      assert.match(stdout, /^(web 172\.17\.\d+\.\d+\n){3}$/, stderr);
    } finally {
      server.close();
      closeSync(inside);
    }
  });

  test('clients that reset, half-close, do not read or come by the thousand cost no more than their connections', async () => {
    await start('web', {
      '80/tcp': [{ HostIp: '::1', HostPort: '8080' }],
      '53/udp': [{ HostIp: '::1', HostPort: '53' }],
    });
    await answers('[::1]:8080');
    const { Pid } = (await inspect('web')).State;
    const shim = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${Pid}/stat`, 'utf8'))?.[1]);
    const openFiles = () => readdirSync(`/proc/${shim}/fd`).length;
    const before = openFiles();
    const inside = openNetworkNamespace(Pid);
    const server = serveUdp(inside, 53, 'web');
    try {
      for (const script of [FLOOD, HOSTILE]) {
        const { stdout, stderr } = await daemon.inNetwork('perl', '-MSocket', '-e', script);
        assert.equal(stdout, 'done\n', stderr);
        // Senders that nothing more is heard of keep no connection out.
        if (script === FLOOD) assert.equal(await get('[::1]:8080'), 'served\n');
      }
    } finally {
      server.close();
      closeSync(inside);
    }
    // Their ends are 1024 at most, with a buffer each.
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${shim}/status`, 'utf8'))?.[1]);
    assert.ok(peak < 160 * 1024, `${peak} kB`);
    await answers('[::1]:8080');
    assert.equal((await get('[::1]:8080', '/large')).length, BYTES);
    // Senders of datagrams are remembered for a while.
    await daemon.slipwayOut('port', 'rm', 'web', '[::1]:53:53/udp');
    await until(() => openFiles() < before);
  });

  test('without the relay, IPv6 addresses are no place for them', async () => {
    const plain = await daemon.another('--userland-proxy=false', '--bip', '172.31.0.1/24');
    try {
      await withoutRelay(plain);
    } finally {
      await plain.dispose();
    }
  });

  async function withoutRelay(plain: DaemonProcess): Promise<void> {
    await plain.slipwayOut('image', 'bootstrap', 'busybox');
    const body = (HostIp: string) => ({
      Image: 'busybox',
      Cmd: SERVER,
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp, HostPort: '8085' }] } },
    });
    await assert.rejects(
      plain.launch(body('::1')),
      /400 .*cannot publish port 80\/tcp at ::1: the container has no IPv6 address on this network/,
    );
    const id = await plain.launch(body(''));
    const { NetworkSettings } = (await plain.api('GET', `/containers/${id}/json`)) as ContainerInspect;
    assert.deepEqual(NetworkSettings.Ports, { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8085' }] });
  }
});
