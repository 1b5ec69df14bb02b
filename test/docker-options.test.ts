/** What Docker's options do inside and outside of real containers, seen with the unmodified docker CLI. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noDocker } from './fixtures/docker-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

describe('options of docker', { skip: noDocker }, () => {
  let daemon: DaemonProcess;
  const directory = mkdtempSync(join(tmpdir(), 'docker-options-'));

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
    rmSync(directory, { recursive: true });
  });

  const docker = (...args: string[]) => daemon.docker(...args);

  const out = (...args: string[]) => daemon.dockerOut(...args);

  test('a container has /.dockerenv and /etc/mtab, and docker diff does not show them', async () => {
    const command = 'test -f /.dockerenv && readlink /etc/mtab && touch /mine';
    assert.equal(await out('run', '--name', 'marks', 'busybox', 'sh', '-c', command), '/proc/mounts');
    assert.equal(await out('diff', 'marks'), 'A /mine');
    await out('rm', 'marks');
  });

  test('a link in a volume leads no subpath out of it', async () => {
    const secret = join(directory, 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'key'), 'of the host');
    await out('volume', 'create', 'tricky');
    const volume = await out('volume', 'inspect', '-f', '{{.Mountpoint}}', 'tricky');
    symlinkSync(secret, join(volume, 'evil'));
    symlinkSync(`../../../../../../../..${secret}`, join(volume, 'climbing'));
    for (const subpath of ['evil', 'climbing']) {
      const mount = `type=volume,src=tricky,dst=/x,volume-subpath=${subpath}`;
      const result = await docker('run', '--rm', '--mount', mount, 'busybox', 'ls', '/x');
      assert.notEqual(result.code, 0, result.stdout);
      assert.match(result.stderr, /path concatenation escapes the base directory, base: .*, subpath: /);
    }
    await out('volume', 'rm', 'tricky');
  });

  test('a volume stands for a directory of the host, or for a file system of its own', async () => {
    const bound = join(directory, 'bound');
    mkdirSync(bound);
    const bind = ['--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${bound}`];
    await out('volume', 'create', ...bind, 'bound');
    await out('run', '--rm', '-v', 'bound:/x', 'busybox', 'touch', '/x/file');
    assert.ok(existsSync(join(bound, 'file')));
    const options = ['--opt', 'type=tmpfs', '--opt', 'o=size=1m,uid=5', '--opt', 'device=tmpfs'];
    await out('volume', 'create', ...options, 'memory');
    const mounts = await out('run', '--rm', '-v', 'memory:/x', 'busybox', 'grep', ' /x ', '/proc/mounts');
    assert.match(mounts, /^tmpfs \/x tmpfs rw,relatime,size=1024k,uid=5/);
    await out('volume', 'rm', 'bound', 'memory');
    assert.ok(existsSync(join(bound, 'file')));
  });

  test('a volume whose directory has gone is told of when its container starts', async () => {
    const gone = join(directory, 'gone');
    await out('volume', 'create', '--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${gone}`, 'gone');
    const { code, stderr } = await docker('run', '--rm', '-v', 'gone:/x', 'busybox', 'true');
    assert.equal(code, 127);
    assert.match(stderr, /failed to mount local volume: mount .*: no such file or directory/);
    await out('volume', 'rm', 'gone');
  });

  test('a linked container is reached by its alias', async () => {
    await out('run', '-d', '--name', 'db', '--expose', '5432', 'busybox', 'sleep', '1000');
    const command = 'ping -c 1 -w 5 store >/dev/null && env | grep ^STORE_PORT_5432_TCP_PORT=';
    assert.equal(
      await out('run', '--rm', '--link', 'db:store', 'busybox', 'sh', '-c', command),
      'STORE_PORT_5432_TCP_PORT=5432',
    );
    await out('rm', '-f', 'db');
  });

  test('a network is shared with a paused container, by one that shares another’s, and for as long as it is used', async () => {
    await out('run', '-d', '--name', 'n1', '-h', 'shared', 'busybox', 'sleep', '1000');
    await out('pause', 'n1');
    await out('run', '-d', '--name', 'n2', '--network', 'container:n1', 'busybox', 'sleep', '1000');
    await out('run', '-d', '--name', 'n3', '--network', 'container:n2', 'busybox', 'sleep', '1000');
    const address = await out('exec', 'n2', 'hostname', '-i');
    assert.equal(await out('exec', 'n3', 'hostname', '-i'), address);
    assert.equal(await out('inspect', '-f', '{{.Config.Hostname}}', 'n3'), 'shared');
    await daemon.kill();
    await daemon.start();
    await out('rm', '-f', 'n1');
    assert.equal(await out('exec', 'n3', 'hostname'), 'shared');
    await out('rm', '-f', 'n2', 'n3');
  });

  test('the working directory is there as soon as the container is', async () => {
    writeFileSync(join(directory, 'file'), 'copied');
    const way = '/made/../made//for/it/';
    await out('create', '--name', 'there', '-w', way, 'busybox', 'sh', '-c', 'pwd; cat file');
    assert.equal(await out('inspect', '-f', '{{.Config.WorkingDir}}', 'there'), '/made/for/it');
    await out('cp', join(directory, 'file'), 'there:/made/for/it');
    assert.equal(await out('start', '-a', 'there'), '/made/for/it\ncopied');
    await out('rm', 'there');
    const { code, stderr } = await docker('create', '-w', '/etc/passwd', 'busybox');
    assert.equal(code, 1);
    assert.match(stderr, /Cannot mkdir: \/etc\/passwd is not a directory/);
    const impossible = await docker('run', '--rm', '-w', '/proc/x', 'busybox', 'true');
    assert.equal(impossible.code, 127);
    assert.match(impossible.stderr, /mkdir \/proc\/x: no such file or directory/);
  });

  test('an endpoint has the sysctls and the name that its options say', async () => {
    // The docker CLI writes options in lower case.
    const create = (name: string, sysctl: string) => {
      const DriverOpts = { 'com.docker.network.endpoint.sysctls': `net.ipv4.conf.IFNAME.${sysctl}` };
      const NetworkingConfig = { EndpointsConfig: { bridge: { DriverOpts } } };
      const Cmd = ['cat', '/proc/sys/net/ipv4/conf/eth0/log_martians'];
      return daemon.api('POST', `/containers/create?name=${name}`, {
        Image: 'busybox',
        Cmd,
        NetworkingConfig,
      });
    };
    await create('marked', 'log_martians=1');
    assert.equal(await out('start', '-a', 'marked'), '1');
    await create('wrong', 'nosuch=1');
    const { code, stderr } = await docker('start', '-a', 'wrong');
    assert.equal(code, 1);
    assert.match(stderr, /\/proc\/sys\/net\/ipv4\/conf\/eth0\/nosuch is not a sysctl file/);
    await out('rm', 'marked', 'wrong');
    const named = 'name=bridge,driver-opt=com.docker.network.endpoint.ifname=foo0';
    assert.equal(await out('run', '--rm', '--network', named, 'busybox', 'ls', '/sys/class/net'), 'foo0\nlo');
  });

  test('a container has the name that a link gives it', async () => {
    await out('run', '-d', '--name', 'db', 'busybox', 'sleep', '1000');
    await out('create', '--name', 'app', '--link', 'db:mysql', 'busybox');
    assert.equal(await out('inspect', '-f', '{{.Name}}', 'app/mysql'), '/db');
    assert.equal(await out('exec', '/app/mysql', 'echo', 'there'), 'there');
    await out('rm', '--link', 'app/mysql');
    assert.equal(await out('inspect', '-f', '{{.HostConfig.Links}}', 'app'), '[]');
    await out('rm', '-f', 'db', 'app');
  });

  test('the local log driver keeps what docker logs shows, and none keeps nothing', async () => {
    await out('run', '--name', 'local', '--log-driver', 'local', 'busybox', 'echo', 'kept');
    assert.equal(await out('logs', 'local'), 'kept');
    await out('run', '--name', 'none', '--log-driver', 'none', 'busybox', 'echo', 'lost');
    const { code, stderr } = await docker('logs', 'none');
    assert.equal(code, 1);
    assert.match(stderr, /configured logging driver does not support reading/);
    await out('rm', 'local', 'none');
  });

  test('logs have details where the log options ask for them', async () => {
    const options = ['--log-opt', 'labels=a', '--log-opt', 'env=B', '--label', 'a=1', '-e', 'B=2'];
    await out('run', '--name', 'detailed', ...options, 'busybox', 'echo', 'x');
    assert.equal(await out('logs', '--details', 'detailed'), 'B=2,a=1 x');
    const file = await out('inspect', '-f', '{{.LogPath}}', 'detailed');
    const { log, stream, attrs } = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual({ log, stream, attrs }, { log: 'x\n', stream: 'stdout', attrs: { B: '2', a: '1' } });
    await out('rm', 'detailed');
  });

  test('limits of 64 bits are exact inside, and in what inspect says', async () => {
    const most = '9223372036854775807';
    const options = [
      '--ulimit',
      `core=${most}`,
      '-m',
      '4611686018427387904',
      '--shm-size',
      '9007199254740994',
    ];
    const limits = await out('run', '--name', 'large', ...options, 'busybox', 'cat', '/proc/self/limits');
    assert.match(limits, new RegExp(`^Max core file size +${most} +${most} `, 'm'));
    const format = '{{json .HostConfig.Ulimits}} {{.HostConfig.MemorySwap}} {{.HostConfig.ShmSize}}';
    assert.equal(
      await out('inspect', '-f', format, 'large'),
      `[{"Name":"core","Hard":${most},"Soft":${most}}] -9223372036854775808 9007199254740994`,
    );
    await out('rm', 'large');
  });

  test('limits that the machine does not have are warned of', async () => {
    const { code, stderr } = await docker('run', '--rm', '--oom-kill-disable', 'busybox', 'true');
    assert.equal(code, 0);
    assert.match(stderr, /^WARNING: (OOM killer is disabled|Your kernel does not support OomKillDisable)/);
  });
});
