/** Ports of a container that runs are published, and are not any more, on a daemon in a network namespace of its own. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ContainerInspect, PortMap } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

describe('ports of a running container', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });
  after(() => daemon.dispose());
  afterEach(() => daemon.clear());

  const Cmd = ['sh', '-c', 'echo "$HOSTNAME" > /index.html; httpd -p 81 -h /; exec httpd -f -h /'];

  async function start(name: string, PortBindings: PortMap = {}, NetworkMode = 'default'): Promise<void> {
    const HostConfig = { PortBindings, NetworkMode };
    const body = {
      Image: 'busybox',
      Hostname: NetworkMode.startsWith('container') ? '' : name,
      Cmd,
      HostConfig,
    };
    await daemon.api('POST', `/containers/create?name=${name}`, body);
    await daemon.api('POST', `/containers/${name}/start`);
  }

  const add = (name: string, ports: PortMap) =>
    daemon.api('POST', `/slipway/containers/${name}/ports/add`, ports);
  const remove = (name: string, ports: PortMap) =>
    daemon.api('POST', `/slipway/containers/${name}/ports/remove`, ports);
  const restart = (name: string) => daemon.api('POST', `/containers/${name}/restart?t=0`);

  async function answer(place: string): Promise<string> {
    const { stdout } = await daemon.inNetwork('curl', '-gs', '--max-time', '5', `http://${place}/`);
    return stdout.trim();
  }

  /** It may be about to listen. */
  const answers = (place: string, expected: string) => until(async () => (await answer(place)) === expected);

  /** Whether a program of the host's can have a port. */
  async function isFree(port: number): Promise<boolean> {
    const bind = `socket(S, 2, 1, 6); exit(bind(S, sockaddr_in(${port}, INADDR_ANY)) ? 0 : 1)`;
    return (await daemon.inNetwork('perl', '-MSocket', '-e', bind)).code === 0;
  }

  const inspect = async (name: string) =>
    (await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect;

  async function published(name: string): Promise<string[]> {
    const { Ports } = (await inspect(name)).NetworkSettings;
    return Object.entries(Ports ?? {}).flatMap(([port, hosts]) =>
      (hosts ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}:${port}`),
    );
  }

  test('one is added and removed beside others, shown, and free for others then', async () => {
    await start('web');
    await daemon.slipwayOut('port', 'add', 'web', '8080:80', '127.0.0.1:8081:81');
    await answers('127.0.0.1:8080', 'web');
    await answers('127.0.0.1:8081', 'web');
    assert.deepEqual(await published('web'), [
      '0.0.0.0:8080:80/tcp',
      ':::8080:80/tcp',
      '127.0.0.1:8081:81/tcp',
    ]);
    const [{ Ports }] = (await daemon.api('GET', '/containers/json')) as [
      { Ports: { PublicPort: number }[] },
    ];
    assert.deepEqual(new Set(Ports.map(({ PublicPort }) => PublicPort)), new Set([8080, 8081]));
    const { HostConfig } = await inspect('web');
    assert.deepEqual(HostConfig.PortBindings, {
      '80/tcp': [{ HostIp: '', HostPort: '8080' }],
      '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '8081' }],
    });
    assert.equal(await isFree(8080), false);
    await daemon.slipwayOut('port', 'rm', 'web', '8080:80');
    assert.deepEqual([await answer('127.0.0.1:8080'), await answer('127.0.0.1:8081')], ['', 'web']);
    assert.equal(await isFree(8080), true);
  });

  test('one that was published from the beginning is removed, and is another container’s at once', async () => {
    await start('web', { '80/tcp': [{ HostPort: '8080' }], '81/tcp': [{ HostPort: '8081' }] });
    await start('next');
    await remove('web', { '80/tcp': null });
    await add('next', { '80/tcp': [{ HostPort: '8080' }] });
    await answers('127.0.0.1:8080', 'next');
    await answers('127.0.0.1:8081', 'web');
    await restart('web');
    assert.deepEqual(await published('web'), ['0.0.0.0:8081:81/tcp', ':::8081:81/tcp']);
  });

  test('what was added outlives daemon and container, and nobody else can have it meanwhile', async () => {
    await start('web');
    await add('web', { '80/tcp': [{ HostPort: '8080' }], '81/tcp': null });
    const before = await published('web');
    await answers('127.0.0.1:8080', 'web');
    await daemon.kill('SIGKILL');
    assert.deepEqual([await answer('127.0.0.1:8080'), await isFree(8080)], ['web', false]);
    await daemon.start();
    assert.deepEqual([await published('web'), await isFree(8080)], [before, false]);
    await restart('web');
    assert.match(
      (await published('web')).join(' '),
      /^0\.0\.0\.0:8080:80\/tcp :::8080:80\/tcp 0\.0\.0\.0:(\d+):81\/tcp :::\1:81\/tcp$/,
    );
    await remove('web', { '80/tcp': null, '81/tcp': null });
    assert.deepEqual([await published('web'), await isFree(8080)], [[], true]);
  });

  test('a port that a restarted daemon knows of is given up', async () => {
    await start('web', { '80/tcp': [{ HostPort: '8080' }] });
    await daemon.kill('SIGKILL');
    await daemon.start();
    await remove('web', { '80/tcp': [{ HostPort: '8080' }] });
    assert.deepEqual([await published('web'), await isFree(8080)], [[], true]);
  });

  test('on another network than the default, and on IPv6, it is the same', async () => {
    const Config = [{ Subnet: '10.99.1.0/24' }, { Subnet: 'fd00:99::/64' }];
    await daemon.createNetwork('six', '', { EnableIPv6: true, IPAM: { Config } });
    await start('web', {}, 'six');
    await add('web', { '80/tcp': [{ HostPort: '8080' }] });
    await answers('[fd00:99::1]:8080', 'web');
    await remove('web', { '80/tcp': null });
    assert.deepEqual([await answer('[fd00:99::1]:8080'), await isFree(8080)], ['', true]);
  });

  test('a container reaches its own added port by the host’s address', async () => {
    await start('web');
    await add('web', { '80/tcp': [{ HostPort: '8080' }] });
    const gateway = (await inspect('web')).NetworkSettings.Gateway;
    await answers('127.0.0.1:8080', 'web');
    const ask = ['timeout', '5', 'wget', '-q', '-O-', `http://${gateway}:8080/`];
    assert.equal(await daemon.slipwayOut('exec', 'web', ...ask), 'web');
  });

  test('a container that does not run has them from its next start on', async () => {
    await start('web');
    await daemon.api('POST', '/containers/web/stop?t=0');
    await add('web', { '80/tcp': [{ HostPort: '8080' }] });
    assert.equal(await isFree(8080), true);
    await daemon.api('POST', '/containers/web/start');
    assert.deepEqual(await published('web'), ['0.0.0.0:8080:80/tcp', ':::8080:80/tcp']);
  });

  test('what cannot be had is refused in the words of `run -p`, and changes nothing', async () => {
    await daemon.createNetwork('inner', '', { Internal: true });
    await start('web', { '80/tcp': [{ HostPort: '8080' }] });
    await start('other');
    await start('inside', {}, 'inner');
    await start('shared', {}, 'container:web');
    const at = (HostPort: string, HostIp = '') => ({ '80/tcp': [{ HostIp, HostPort }] });
    const taken = /Bind for 0\.0\.0\.0:8080 failed: port is already allocated/;
    await assert.rejects(add('other', { '81/tcp': [{ HostPort: '9090' }], ...at('8080') }), taken);
    await assert.rejects(add('web', { '81/tcp': [{ HostPort: '8080' }] }), taken);
    await assert.rejects(add('other', at('8085', '1.2.3.4')), /cannot assign requested address/);
    await assert.rejects(add('other', at('x')), /invalid port specification: /);
    await assert.rejects(add('nobody', at('8085')), /No such container: nobody/);
    await assert.rejects(add('inside', at('8085')), /is on no network that its ports could be published on/);
    await assert.rejects(add('shared', at('8085')), /port publishing and the container type network mode/);
    await assert.rejects(remove('web', { '81/tcp': null }), /No public port '81\/tcp' published for web/);
    await assert.rejects(remove('web', at('8081')), /No public port '8081:80\/tcp' published for web/);
    assert.deepEqual([await published('other'), await isFree(9090)], [[], true]);
    assert.deepEqual((await inspect('other')).HostConfig.PortBindings, {});
    await answers('127.0.0.1:8080', 'web');
  });

  test('a container whose address of the host is missing for a while comes back with its port', async () => {
    const address = (what: string) => daemon.inNetwork('ip', 'address', what, '10.77.7.7/32', 'dev', 'lo');
    await address('add');
    try {
      await daemon.launch({
        Image: 'busybox',
        Hostname: 'late',
        Cmd,
        HostConfig: {
          PortBindings: { '80/tcp': [{ HostIp: '10.77.7.7', HostPort: '8080' }] },
          RestartPolicy: { Name: 'always' },
        },
      });
      const [{ Id }] = (await daemon.api('GET', '/containers/json')) as [{ Id: string }];
      await answers('10.77.7.7:8080', 'late');
      await address('delete');
      process.kill((await inspect(Id)).State.Pid, 'SIGKILL');
      await until(async () => /cannot assign requested address/.test((await inspect(Id)).State.Error));
      await address('add');
      await answers('10.77.7.7:8080', 'late');
      const { State, NetworkSettings } = await inspect(Id);
      assert.equal(State.Error, '');
      assert.deepEqual(NetworkSettings.Ports, { '80/tcp': [{ HostIp: '10.77.7.7', HostPort: '8080' }] });
    } finally {
      await address('delete');
    }
  });
});
