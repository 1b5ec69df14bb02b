/** The daemon is killed in the midst of what it does with networks: nothing is left without an owner. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

/** SLIPWAY_TEST_KILLS asks for more. */
const KILLS = Number(process.env.SLIPWAY_TEST_KILLS ?? 6);
const LONGEST_LIFE_MS = 400;

describe('a daemon that is killed while networks change', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.start();
    assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
  });
  after(() => daemon.dispose());

  /** What changes by itself, and what is made ahead of need, is left out. */
  async function traces(): Promise<string[]> {
    const { stdout: links } = await daemon.inNetwork('ip', '-br', 'link', 'show', 'type', 'bridge');
    const { stdout: ports } = await daemon.inNetwork('ip', '-br', 'link', 'show', 'type', 'macvlan');
    const { stdout: addresses } = await daemon.inNetwork('ip', '-br', '-4', 'address');
    const { stdout: rules } = await daemon.inNetwork('nft', 'list', 'ruleset');
    const names = (text: string) => text.split('\n').map(line => line.split(/\s/, 1)[0] ?? '');
    return [
      ...names(links),
      ...names(ports),
      ...names(addresses).filter(name => !name.startsWith('veth')),
      rules,
    ];
  }

  /** Endpoints of a container that runs on: veth pairs of pools come and go. */
  async function quietly(work: Promise<unknown>): Promise<void> {
    await work.catch(() => undefined);
  }

  async function changeNetworks(round: number): Promise<void> {
    const name = `n${round}`;
    const create = { Name: name, ...(round % 2 === 0 ? { EnableIPv6: true } : {}) };
    await quietly(daemon.api('POST', '/networks/create', create));
    await Promise.all([
      quietly(daemon.api('POST', `/networks/${name}/connect`, { Container: 'web' })),
      quietly(daemon.api('POST', '/networks/create', { Name: `${name}b` })),
    ]);
    const body = {
      Image: 'busybox',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: name, PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    };
    await quietly(daemon.api('POST', `/containers/create?name=c${round}`, body));
    await quietly(daemon.api('POST', `/containers/c${round}/start`));
    await quietly(daemon.api('POST', `/networks/${name}/disconnect`, { Container: 'web' }));
    await quietly(daemon.api('DELETE', `/containers/c${round}?force=1`));
    await quietly(daemon.api('DELETE', `/networks/${name}`));
  }

  async function removeAll(): Promise<void> {
    const containers = (await daemon.api('GET', '/containers/json?all=1')) as {
      Id: string;
      Names: string[];
    }[];
    for (const { Id, Names } of containers)
      if (!Names.includes('/web')) await daemon.api('DELETE', `/containers/${Id}?force=1`);
    const { Id } = (await daemon.api('GET', '/containers/web/json')) as { Id: string };
    const networks = (await daemon.api('GET', '/networks')) as { Name: string }[];
    for (const { Name } of networks.filter(({ Name }) => /^n\d/.test(Name))) {
      await quietly(daemon.api('POST', `/networks/${Name}/disconnect`, { Container: Id }));
      await daemon.api('DELETE', `/networks/${Name}`);
    }
  }

  test(`${KILLS} kills at random moments leave no bridge, address, rule or port without an owner`, async () => {
    const web = { Image: 'busybox', Cmd: ['sleep', '100000'] };
    await daemon.api('POST', '/containers/create?name=web', web);
    await daemon.api('POST', '/containers/web/start');
    const baseline = (await traces()).join('\n');
    for (let round = 0; round < KILLS; round++) {
      const changes = changeNetworks(round);
      await delay(Math.random() * LONGEST_LIFE_MS);
      await daemon.kill();
      await changes;
      await daemon.start();
    }
    await removeAll();
    await until(async () => (await traces()).join('\n') === baseline).catch(async () =>
      assert.equal((await traces()).join('\n'), baseline),
    );
    const { stdout } = await daemon.slipway('exec', 'web', 'ip', '-o', 'link');
    assert.deepEqual(
      stdout.match(/^\d+: ([^:@]+)/gm)?.map(line => line.replace(/^\d+: /, '')),
      ['lo', 'eth0'],
    );
  });
});
