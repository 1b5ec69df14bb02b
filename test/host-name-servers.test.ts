/** Names that are asked of the host's own name servers, wherever those are. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { decode, encode } from 'dns-packet';
import type { ContainerInspect } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { openNetworkNamespace } from '../src/kernel/namespaces.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { askNames, codeOf, dataOf } from './fixtures/dns-client.ts';
import { serveNames } from './network-peers.ts';

describe('the host’s name servers', () => {
  const daemon = new DaemonProcess();
  const etc = join(daemon.base, 'etc');
  let host: number;

  before(async () => {
    cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
    daemon.etc = etc;
    await daemon.start();
    await daemon.slipwayOut('image', 'bootstrap', 'busybox');
    host = openNetworkNamespace(daemon.keeperPid);
  });
  after(async () => {
    closeSync(host);
    await daemon.dispose();
  });
  afterEach(() => daemon.clear());

  /** As programs do it that manage the file: another one takes its place. */
  function setServers(...servers: string[]): void {
    const file = join(etc, 'resolv.conf');
    writeFileSync(`${file}.new`, servers.map(server => `nameserver ${server}\n`).join(''));
    renameSync(`${file}.new`, file);
  }

  async function start(name: string, NetworkMode = 'bridge'): Promise<void> {
    const body = { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode } };
    await daemon.api('POST', `/containers/create?name=${name}`, body);
    await daemon.api('POST', `/containers/${name}/start`);
  }

  async function pidOf(name: string): Promise<number> {
    return ((await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect).State.Pid;
  }

  async function lookUp(asker: string, pid?: number): Promise<string | readonly string[]> {
    const answer = await askNames(pid ?? (await pidOf(asker)), 'outside.test');
    return codeOf(answer) === 'NOERROR' ? dataOf(answer) : codeOf(answer);
  }

  async function resolvConf(name: string): Promise<string> {
    return await daemon.slipwayOut('exec', name, 'cat', '/etc/resolv.conf');
  }

  /** The file is looked at once a second at most. */
  const answers = (asker: string, address: string) =>
    until(async () => String(await lookUp(asker)) === address);

  const serve = (at: string, address: string) =>
    serveNames(host, at, question => {
      const { id = 0, questions = [] } = decode(question);
      return encode({
        type: 'response',
        id,
        questions,
        answers: [{ name: 'outside.test', type: 'A', data: address }],
      });
    });

  /** A process there, as this one does not know the interfaces: 192.0.2.53 is what it says about any name. */
  async function serveInNamespace(): Promise<ChildProcess> {
    const script =
      'use IO::Socket::IP; use Socket "SOCK_DGRAM"; $| = 1;' +
      '$s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 53, Type => SOCK_DGRAM) or die $@; print "listening\\n";' +
      'while (1) { $from = $s->recv($q, 512); substr($q, 2, 2) = "\\x81\\x80"; substr($q, 6, 2) = "\\0\\1";' +
      '$s->send($q . pack("H*", "c00c000100010000003c0004c0000235"), 0, $from) }';
    const command = ['-n', '-t', String(daemon.keeperPid), 'perl', '-e', script];
    const server = spawn('nsenter', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    return server;
  }

  test('on loopback alone, they are asked from the host’s side, on any network', async () => {
    const [four, six] = [await serve('127.0.0.53', '192.0.2.4'), await serve('::1', '192.0.2.6')];
    try {
      await daemon.createNetwork('front');
      setServers('127.0.0.53');
      await start('plain');
      await start('named', 'front');
      for (const name of ['plain', 'named']) {
        assert.match(await resolvConf(name), /^nameserver 127\.0\.0\.11$/m);
        await answers(name, '192.0.2.4');
      }
      setServers('::1');
      for (const name of ['plain', 'named']) await answers(name, '192.0.2.6');
      const pid = await pidOf('plain');
      await daemon.kill();
      assert.deepEqual(await lookUp('plain', pid), ['192.0.2.6']);
      await daemon.start();
      assert.deepEqual(await lookUp('plain'), ['192.0.2.6']);
      await daemon.api('POST', '/networks/front/connect', { Container: 'plain' });
      await answers('plain', '192.0.2.6');
    } finally {
      four.close();
      six.close();
    }
  });

  test('one at a link of the host’s is asked by that link', async () => {
    for (const command of [
      'link add uplink type veth peer name far',
      'link set uplink addrgenmode none',
      'link set uplink up',
      'link set far up',
      'address add fe80::53/64 dev uplink nodad',
    ])
      assert.equal((await daemon.inNetwork('ip', ...command.split(' '))).code, 0, command);
    const server = await serveInNamespace();
    try {
      setServers('fe80::53%uplink');
      await start('plain');
      await answers('plain', '192.0.2.53');
    } finally {
      server.kill();
      await daemon.inNetwork('ip', 'link', 'delete', 'uplink');
    }
  });

  test('none are nobody’s to be asked: no public server takes their place', async () => {
    setServers();
    await start('plain');
    assert.doesNotMatch(await resolvConf('plain'), /nameserver (?!127\.0\.0\.11)/);
    assert.equal(await lookUp('plain'), 'SERVFAIL');
    const server = await serve('127.0.0.1', '192.0.2.1');
    try {
      setServers('127.0.0.1');
      await answers('plain', '192.0.2.1');
    } finally {
      server.close();
    }
  });

  test('a network that leads nowhere keeps no container from names that another leads to', async () => {
    const server = await serve('127.0.0.53', '192.0.2.4');
    try {
      setServers('127.0.0.53');
      await daemon.createNetwork('inner', '', { Internal: true });
      await start('both', 'inner');
      assert.equal(await lookUp('both'), 'SERVFAIL');
      await daemon.api('POST', '/networks/bridge/connect', { Container: 'both' });
      await answers('both', '192.0.2.4');
      await daemon.api('POST', '/networks/bridge/disconnect', { Container: 'both' });
      assert.equal(await lookUp('both'), 'SERVFAIL');
    } finally {
      server.close();
    }
  });
});
