/** Names of containers on user-defined networks, and other names that they ask for. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { decode, encode } from 'dns-packet';
import type { ContainerInspect, EndpointSettings } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { openNetworkNamespace } from '../src/kernel/namespaces.ts';
import { Upstream } from '../src/networkdriver/dns/upstream.ts';
import { NetworkNamespace } from '../src/networkdriver/network-namespace.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import {
  askNames,
  codeOf,
  connectToNames,
  dataInOrder,
  dataOf,
  flood,
  queryOf,
} from './fixtures/dns-client.ts';
import { askTcp, askUdp, serveNames, serveSlowly, serveTcp, serveUdp } from './network-peers.ts';

test('a name server that sends its answer without end is waited for no longer than others', async () => {
  const namespace = await NetworkNamespace.create();
  const server = await serveSlowly(namespace.descriptor, '127.0.0.1');
  try {
    const asked = [{ address: '127.0.0.1', namespace: namespace.descriptor }];
    assert.equal(await new Upstream().ask(queryOf('x', 'A'), asked, true), undefined);
  } finally {
    server.close();
    namespace.close();
  }
});

type Endpoints = Record<string, EndpointSettings>;

describe('names on user-defined networks', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });
  after(() => daemon.dispose());
  afterEach(() => daemon.clear());

  const makeNetwork = (...args: Parameters<DaemonProcess['createNetwork']>) => daemon.createNetwork(...args);

  async function start(name: string, endpoints: Endpoints, rest: object = {}, hostConfig: object = {}) {
    const [NetworkMode] = Object.keys(endpoints);
    await daemon.api('POST', `/containers/create?name=${name}`, {
      Image: 'busybox',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode, ...hostConfig },
      NetworkingConfig: { EndpointsConfig: endpoints },
      ...rest,
    });
    await daemon.api('POST', `/containers/${name}/start`);
  }

  const inspect = async (name: string) =>
    (await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect;
  const pidOf = async (name: string) => (await inspect(name)).State.Pid;
  const addressOf = async (name: string, network: string) =>
    (await inspect(name)).NetworkSettings.Networks[network]?.IPAddress ?? '';

  /** What a container is told of a name: addresses, or the response code. */
  async function lookUp(asker: string, name: string, type: 'A' | 'AAAA' | 'PTR' | 'MX' = 'A') {
    const answer = await askNames(await pidOf(asker), name, type);
    return codeOf(answer) === 'NOERROR' ? dataOf(answer) : codeOf(answer);
  }

  async function inside(name: string, ...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await daemon.slipway('exec', name, ...command);
    assert.equal(code, 0, `${command.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  test('a container is found by its name, aliases, short id and host name, in any case, and by its address', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('Web_1', { front: { Aliases: ['api', 'A.b'] } }, { Hostname: 'webhost' });
    await start('peer', { front: {} });
    const { Id } = await inspect('Web_1');
    const address = [await addressOf('Web_1', 'front')];
    for (const name of ['Web_1', 'web_1', 'API', 'a.B', Id.slice(0, 12), 'webhost', 'web_1.front', 'web_1.'])
      assert.deepEqual(await lookUp('peer', name), address, name);
    assert.deepEqual(await lookUp('peer', 'web_1', 'AAAA'), []);
    assert.deepEqual(await lookUp('peer', 'web_1', 'MX'), []);
    const arpa = `${address[0]?.split('.').reverse().join('.')}.in-addr.arpa`;
    assert.deepEqual(await lookUp('peer', arpa, 'PTR'), ['Web_1.front']);
    const asked = await askNames(await pidOf('peer'), 'wEb_1');
    assert.deepEqual([asked.questions?.[0]?.name, asked.answers?.[0]?.name], ['wEb_1', 'wEb_1']);
    assert.match(
      await inside('peer', 'cat', '/etc/resolv.conf'),
      /^nameserver 127\.0\.0\.11\n(?:.*\n)*options.* ?ndots:0$/,
    );
    assert.match(await inside('peer', 'ping', '-c1', '-W2', 'api'), /1 packets received/);
  });

  test('a name of several is all of theirs, each in turn the first, as long as they run', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    for (const name of ['w1', 'w2', 'w3']) await start(name, { front: { Aliases: ['web'] } });
    await start('peer', { front: {} });
    const all = await Promise.all(['w1', 'w2', 'w3'].map(name => addressOf(name, 'front')));
    assert.deepEqual(await lookUp('peer', 'web'), all.sort());
    const first = new Set<string>();
    await until(async () => {
      first.add(dataInOrder(await askNames(await pidOf('peer'), 'web'))[0] ?? '');
      return first.size === 3;
    });
    await daemon.api('POST', '/containers/w2/kill');
    await daemon.api('POST', '/containers/w2/wait');
    await until(async () => (await lookUp('peer', 'web')).length === 2);
    await daemon.api('POST', '/containers/w2/start');
    assert.equal((await lookUp('peer', 'web')).length, 3);
    await daemon.api('POST', '/containers/w1/rename?name=other');
    assert.deepEqual(await lookUp('peer', 'other'), [await addressOf('other', 'front')]);
    assert.ok((await lookUp('peer', 'w1')) !== undefined);
  });

  test('names are those of one’s own networks, and links one’s own', async () => {
    await makeNetwork('front', '10.2.0.0/24', { Internal: true });
    await makeNetwork('back', '10.3.0.0/24', { Internal: true });
    await start('db', { back: { Aliases: ['data'] } });
    await start('web', { front: { Aliases: ['data'] } });
    await start('both', { front: {}, back: { Links: ['db:database'] } });
    assert.equal(await lookUp('web', 'db'), 'SERVFAIL');
    assert.deepEqual(await lookUp('both', 'db'), [await addressOf('db', 'back')]);
    assert.deepEqual(await lookUp('both', 'database'), [await addressOf('db', 'back')]);
    assert.equal(await lookUp('db', 'database'), 'SERVFAIL');
    assert.deepEqual(await lookUp('web', 'data'), [await addressOf('web', 'front')]);
    await daemon.api('POST', '/networks/back/connect', { Container: 'web' });
    assert.deepEqual(await lookUp('web', 'db'), [await addressOf('db', 'back')]);
    await daemon.api('POST', '/networks/back/disconnect', { Container: 'web' });
    assert.equal(await lookUp('web', 'db'), 'SERVFAIL');
  });

  test('a container of the default network finds others once it is connected', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    await start('plain', { bridge: {} });
    assert.doesNotMatch(await inside('plain', 'cat', '/etc/resolv.conf'), /127\.0\.0\.11/);
    await daemon.api('POST', '/networks/front/connect', { Container: 'plain' });
    assert.match(await inside('plain', 'cat', '/etc/resolv.conf'), /127\.0\.0\.11/);
    assert.deepEqual(await lookUp('plain', 'web'), [await addressOf('web', 'front')]);
    assert.deepEqual(await lookUp('web', 'plain'), [await addressOf('plain', 'front')]);
  });

  test('a server of the container’s own has port 53, and names survive its firewall', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    await start('own', { front: {} });
    const address = [await addressOf('web', 'front')];
    const namespace = openNetworkNamespace(await pidOf('own'));
    const [tcp, udp] = [await serveTcp(namespace, 53, 'own'), serveUdp(namespace, 53, 'own')];
    try {
      assert.deepEqual(await lookUp('own', 'web'), address);
      assert.equal(await askTcp(namespace, { host: '127.0.0.1', port: 53 }), 'own 127.0.0.1');
      assert.equal(await askUdp(namespace, { host: '127.0.0.1', port: 53 }), 'own 127.0.0.1');
      const nft = ['--net', `--target=${await pidOf('own')}`, 'nft'];
      execFileSync('nsenter', [...nft, 'flush', 'ruleset']);
      execFileSync('nsenter', [...nft, 'add', 'table', 'ip', 'mine']);
      assert.deepEqual(await lookUp('own', 'web'), address);
    } finally {
      tcp.close();
      udp.close();
      closeSync(namespace);
    }
  });

  test('other names are asked of the servers that the container names, whole and unaltered', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    const asked: string[] = [];
    const namespace = openNetworkNamespace(daemon.keeperPid);
    const server = await serveNames(namespace, '10.2.0.1', (question, isTcp) =>
      answerOf(question, isTcp, asked),
    );
    try {
      await start('peer', { front: {} }, {}, { Dns: ['10.2.0.1'] });
      assert.deepEqual(await lookUp('peer', 'example.test'), ['192.0.2.7']);
      assert.deepEqual(await lookUp('peer', 'peer'), [await addressOf('peer', 'front')]);
      assert.deepEqual(asked, ['example.test']);
      const large = await askNames(await pidOf('peer'), 'large.test');
      assert.deepEqual([large.flag_tc, large.answers?.length], [true, 0]);
      const script = `(printf '\\000\\034\\022\\064\\001\\000\\000\\001\\000\\000\\000\\000\\000\\000\\005large\\004test\\000\\000\\001\\000\\001'; sleep 1) | nc 127.0.0.11 53 | wc -c`;
      assert.ok(Number(await inside('peer', 'sh', '-c', script)) > 1000);
      await daemon.api('POST', '/networks/create', { Name: 'inner', Internal: true });
      await start('shut', { inner: {} }, {}, { Dns: ['10.2.0.1'] });
      const before = asked.length;
      assert.equal(await lookUp('shut', 'secret.test'), 'SERVFAIL');
      await daemon.api('POST', '/networks/inner/connect', { Container: 'peer' });
      await daemon.api('POST', '/networks/front/disconnect', { Container: 'peer' });
      assert.equal(await lookUp('peer', 'secret.test'), 'SERVFAIL');
      assert.equal(asked.length, before);
    } finally {
      server.close();
      closeSync(namespace);
    }
  });

  test('a container that asks without end leaves others their turn', async () => {
    await makeNetwork('front', '10.3.0.0/24');
    const namespace = openNetworkNamespace(daemon.keeperPid);
    const server = await serveNames(namespace, '10.3.0.1', (question, isTcp) =>
      answerOf(question, isTcp, []),
    );
    try {
      // No host has that address.
      await start('greedy', { front: {} }, {}, { Dns: ['10.3.0.77'] });
      await start('peer', { front: {} }, {}, { Dns: ['10.3.0.1'] });
      await flood(await pidOf('greedy'), 'example.test', 'greedy', 6000);
      assert.deepEqual(await lookUp('peer', 'example.test'), ['192.0.2.7']);
      // What the resolver knows itself waits for no server, whoever asks.
      for (const asker of ['greedy', 'peer'])
        assert.deepEqual(await lookUp(asker, 'peer'), [await addressOf('peer', 'front')]);
    } finally {
      server.close();
      closeSync(namespace);
    }
  });

  test('an asker that does not read its answers is not listened to', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    await start('peer', { front: {} });
    const [resolver = 0] = resolvers(daemon.base);
    const before = residentBytes(resolver);
    const peer = await pidOf('peer');
    const asker = connectToNames(peer);
    const query = queryOf('web');
    const framed = Buffer.concat([Buffer.of(0, query.length), query]);
    for (let count = 0; count < 1000; count++) asker.write(Buffer.alloc(framed.length * 1000, framed));
    let unsent = Number.POSITIVE_INFINITY;
    // Until nothing more is taken off it.
    await until(async () => {
      const last = unsent;
      unsent = asker.writableLength;
      for (let count = 0; count < 200; count++) await askNames(peer, 'web');
      return unsent === last;
    });
    assert.ok(unsent > 0);
    assert.ok(residentBytes(resolver) - before < 64 << 20);
    asker.destroy();
  });

  test('names go on while no daemon runs, and those of the dead do not', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    await start('gone', { front: {} });
    await start('peer', { front: {} });
    const [web, peer, gone] = [await addressOf('web', 'front'), await pidOf('peer'), await pidOf('gone')];
    await daemon.kill();
    assert.deepEqual(dataOf(await askNames(peer, 'web')), [web]);
    process.kill(gone, 'SIGKILL');
    await until(async () => codeOf(await askNames(peer, 'gone')) === 'SERVFAIL');
    await daemon.start();
    assert.deepEqual(await lookUp('peer', 'web'), [web]);
    await start('late', { front: {} });
    assert.deepEqual(await lookUp('peer', 'late'), [await addressOf('late', 'front')]);
    assert.deepEqual(await lookUp('late', 'web'), [web]);
    const [resolver] = resolvers(daemon.base);
    assert.ok(resolver !== undefined);
    process.kill(resolver, 'SIGKILL');
    await until(async () => {
      const answer = await askNames(peer, 'web').catch(() => undefined);
      return answer !== undefined && dataOf(answer)[0] === web;
    });
    assert.deepEqual(await lookUp('late', 'web'), [web]);
  });

  test('a resolver that does not answer is replaced, and holds up no start for long', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    const [stopped] = resolvers(daemon.base);
    assert.ok(stopped !== undefined);
    process.kill(stopped, 'SIGSTOP');
    await start('peer', { front: {} });
    assert.ok(!resolvers(daemon.base).includes(stopped));
    assert.deepEqual(await lookUp('peer', 'web'), [await addressOf('web', 'front')]);
    assert.deepEqual(await lookUp('web', 'peer'), [await addressOf('peer', 'front')]);
  });

  test('with the last container and the daemon the resolver ends', async () => {
    await makeNetwork('front', '10.2.0.0/24');
    await start('web', { front: {} });
    assert.equal(resolvers(daemon.base).length, 1);
    const pid = await pidOf('web');
    await daemon.kill();
    process.kill(pid, 'SIGKILL');
    await until(() => resolvers(daemon.base).length === 0);
    await daemon.start();
  });
});

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** Processes that serve a daemon's containers. */
function resolvers(base: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return (
          command.includes('resolver') && command.includes(base) && readlinkSync(`/proc/${pid}/exe`) !== ''
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Of a server somewhere: one address for most names, and a hundred for one. */
function answerOf(question: Buffer, isTcp: boolean, asked: string[]): Buffer {
  const query = decode(question);
  const name = query.questions?.[0]?.name ?? '';
  asked.push(name);
  const count = name === 'large.test' ? 100 : 1;
  const answers = Array.from({ length: count }, (_, index) => ({
    name,
    type: 'A' as const,
    ttl: 60,
    data: `192.0.2.${7 + index}`,
  }));
  const flags = 0x180;
  const whole = encode({ type: 'response', id: query.id, flags, questions: query.questions, answers });
  if (isTcp || whole.length <= 512) return whole;
  return encode({ type: 'response', id: query.id, flags: flags | 0x200, questions: query.questions });
}
