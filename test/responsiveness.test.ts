/**
 * No request, no image and no container holds up everybody else. While each of them does its worst, a pinger asks the
 * daemon all the time.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { imageOf } from './fixtures/image-archive.ts';
import { Pinger } from './fixtures/pinger.ts';
import { until } from '../src/base/testing/until.ts';

/** What is wanted is 100. The other processes of a loaded machine may make it several times that... */
const LONGEST_MS = 500;
/** ...but hardly each time that the same thing is done. */
const ATTEMPTS = 4;

/** The most values that a request may have, less some. */
const MANY = 65_000;
const list = <T>(length: number, item: (index: number) => T) =>
  Array.from({ length }, (_, index) => item(index));
const map = <T>(length: number, key: (index: number) => string, value: T) =>
  Object.fromEntries(list(length, index => [key(index), value]));
const MEGABYTE = 1 << 20;
/** node:path takes time in proportion to the square of its length. */
const LONG_PATH = `/${'a'.repeat(MEGABYTE / 2)}${'/b/..'.repeat(20_000)}`;

type Answer = { status: number; text: string };

describe('while the worst is done', () => {
  let daemon: DaemonProcess;
  let pinger: Pinger;
  let root: string;

  before(async () => {
    daemon = await DaemonProcess.start();
    root = join(daemon.base, 'root');
    makeBusyboxRoot(root);
    assert.equal(await load('plain', { config: { Cmd: ['sleep', '10000'] } }), '');
    pinger = new Pinger(join(daemon.base, 'slipway.sock'));
  });

  after(async () => {
    await pinger.close();
    await daemon.dispose();
  });

  afterEach(async () => {
    const { stdout } = await daemon.slipway('ps', '-aq');
    const ids = stdout.split('\n').filter(Boolean);
    if (ids.length > 0) await daemon.slipway('rm', '-fv', ...ids);
  });

  /** Loads an image; what of its root is different is taken away again. */
  async function load(name: string, image: object, files: Record<string, string> = {}): Promise<string> {
    const own = (path: string) => join(root, path);
    const before = Object.keys(files).map(path => [own(path), fs.readFileSync(own(path))] as const);
    for (const [path, content] of Object.entries(files)) fs.writeFileSync(own(path), content);
    const layer = execFileSync('tar', ['-cf', '-', '-C', root, '.'], { maxBuffer: 64 * MEGABYTE });
    for (const [path, content] of before) fs.writeFileSync(path, content);
    const archive = join(daemon.base, 'image.tar');
    fs.writeFileSync(archive, imageOf(`${name}:latest`, [layer], undefined, image).archive);
    const { stderr } = await daemon.slipway('load', '-qi', archive);
    return stderr;
  }

  async function ask(method: string, path: string, body?: string | Buffer): Promise<Answer> {
    const socketPath = join(daemon.base, 'slipway.sock');
    return new Promise((resolve, reject) => {
      const type = typeof body === 'string' ? 'application/json' : 'application/x-tar';
      const headers = body === undefined ? {} : { 'Content-Type': type };
      const call = request({ socketPath, method, path, headers, agent: false }, answer => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        answer.once('error', reject);
      });
      call.once('error', reject);
      call.end(body);
    });
  }

  async function expect(status: number, method: string, path: string, body?: unknown): Promise<string> {
    const answer = await ask(
      method,
      path,
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    );
    assert.equal(answer.status, status, `${method} ${path.slice(0, 100)}: ${answer.text.slice(0, 300)}`);
    return answer.text;
  }

  const create = (name: string, body: object) => expect(201, 'POST', `/containers/create?name=${name}`, body);
  const start = (name: string, status = 204) => expect(status, 'POST', `/containers/${name}/start`);
  const remove = (name: string) => expect(204, 'DELETE', `/containers/${name}?force=1&v=1`);
  const listed = (query: string) => expect(200, 'GET', `/containers/json?${query}`);
  const filtered = (filters: object) =>
    listed(`all=1&filters=${encodeURIComponent(JSON.stringify(filters))}`);
  const past = () => expect(200, 'GET', `/events?since=0&until=${Math.ceil(Date.now() / 1000)}`);

  /** Creates, starts, shows and removes a container. */
  async function live(body: object): Promise<void> {
    await create('one', { Image: 'plain', ...body });
    await start('one');
    await listed('size=1');
    await expect(200, 'GET', '/containers/one/json?size=1');
    await past();
    await remove('one');
  }

  /** Several attempts, of which one must not hold up other requests. */
  function answers(what: string, task: () => Promise<unknown>): void {
    test(`${what} the daemon answers`, async () => {
      const longest: number[] = [];
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        await pinger.longestMs();
        await task();
        longest.push(Math.ceil(await pinger.longestMs()));
        if ((longest.at(-1) ?? 0) < LONGEST_MS) return;
      }
      assert.fail(`an answer took ${longest.join(', ')} ms`);
    });
  }

  answers('to a body of fifteen million digits', () =>
    expect(400, 'POST', '/containers/create', `{"Image":${'1'.repeat(15 * MEGABYTE)}}`),
  );
  answers('to a number of almost as many digits as may be', () =>
    expect(400, 'POST', '/containers/create', `{"Image":${'1'.repeat(4_000_000)}}`),
  );
  answers('to brackets within brackets', () =>
    expect(400, 'POST', '/containers/create', '['.repeat(4_000_000)),
  );
  answers('to more than a million labels', () =>
    expect(400, 'POST', '/containers/create', { Image: 'plain', Labels: map(1_200_000, String, '') }),
  );
  answers('to a container of as many labels as may be', () =>
    live({ Labels: map(MANY, index => `key-of-label-${index}`, 'value') }),
  );
  answers('to a container of a label of megabytes', () =>
    live({ Labels: { a: 'x'.repeat(3.9 * MEGABYTE) } }),
  );
  answers('to a container of as many variables as may be', () =>
    live({ Env: list(32_000, index => `V${index}=x`) }),
  );
  answers('to a container of too many variables', () =>
    expect(400, 'POST', '/containers/create', { Image: 'plain', Env: list(MANY, index => `V${index}=x`) }),
  );
  answers('to a container with a seccomp profile of thousands of names', () => {
    const names = list(8000, index => ['read', 'write', 'exit', 'close'][index % 4]);
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_ERRNO' }] };
    return live({ Cmd: ['true'], HostConfig: { SecurityOpt: [`seccomp=${JSON.stringify(profile)}`] } }).catch(
      () => remove('one'),
    );
  });
  answers('to paths that are read in quadratic time', async () => {
    await expect(400, 'POST', '/containers/create', {
      Image: 'plain',
      HostConfig: { Binds: [`${LONG_PATH}:/x`] },
    });
    await expect(400, 'POST', '/containers/create', {
      Image: 'plain',
      HostConfig: { CgroupParent: LONG_PATH },
    });
    await create('one', { Image: 'plain' });
    await expect(400, 'GET', `/containers/one/archive?path=${LONG_PATH}`);
    await expect(400, 'POST', `/commit?container=one&changes=WORKDIR%20${LONG_PATH.slice(1)}`);
    await expect(400, 'POST', `/images/plain/tag?repo=${':'.repeat(900_000)}/x&tag=y`);
    await remove('one');
  });

  answers('to networks of tens of thousands of subnets, addresses and settings', async () => {
    const address = (index: number) => `10.${index >> 8}.${index & 255}.0`;
    const refused = async (path: string, body: object) =>
      assert.match(await expect(400, 'POST', path, body), /more than 1024/);
    await refused('/networks/create', {
      Name: 'many',
      IPAM: { Config: list(20_000, index => ({ Subnet: `${address(index)}/24` })) },
    });
    const AuxiliaryAddresses = Object.fromEntries(list(30_000, index => [`host-${index}`, address(index)]));
    await refused('/networks/create', {
      Name: 'many',
      IPAM: { Config: [{ Subnet: '10.0.0.0/8', AuxiliaryAddresses }] },
    });
    const onNetworks = (EndpointsConfig: object) =>
      refused('/containers/create', { Image: 'plain', NetworkingConfig: { EndpointsConfig } });
    await onNetworks(map(60_000, index => `network-${index}`, {}));
    await onNetworks({ some: { Aliases: list(60_000, index => `alias-${index}`) } });
    await onNetworks({ some: { DriverOpts: map(30_000, index => `option-${index}`, '') } });
    await onNetworks({ some: { IPAMConfig: { LinkLocalIPs: list(30_000, () => '169.254.1.2') } } });
    const sysctls = list(100_000, () => 'net.ipv4.conf.IFNAME.log_martians=1').join(',');
    await onNetworks({ some: { DriverOpts: { 'com.docker.network.endpoint.sysctls': sysctls } } });
  });
  answers('to a thousand containers, and any filter of them', async () => {
    const names = list(1000, index => `container-${index}`);
    for (let at = 0; at < names.length; at += 10)
      await Promise.all(
        names.slice(at, at + 10).map(name => create(name, { Image: 'plain', Labels: { name } })),
      );
    await listed('all=1&size=1');
    await filtered({ name: ['([a-z]+)+([a-z]+)+([a-z]+)+([a-z]+)+[0-9]!$', '(x+x+)+y'] });
    for (const key of ['id', 'label', 'ancestor', 'network', 'volume', 'publish'])
      await filtered({ [key]: list(9000, index => String(index).padStart(64, '0')) }).catch(String);
    await past();
    await expect(200, 'GET', '/system/df');
    await expect(200, 'POST', '/containers/prune');
  });
  answers('to patterns of thousands of repetitions', async () => {
    await create('one', { Image: 'plain' });
    await expect(
      400,
      'GET',
      `/containers/json?filters=${encodeURIComponent('{"name":["(?:a?){500}(?:b?){500}(?:c?){500}"]}')}`,
    );
    await expect(
      200,
      'GET',
      `/images/json?filters=${encodeURIComponent(JSON.stringify({ reference: list(15, () => '*a'.repeat(500)) }))}`,
    );
    await expect(400, 'POST', `/containers/prune?filters={"until":["${'1'.repeat(900_000)}"]}`);
    await remove('one');
  });

  answers('to Dockerfiles of thousands of lines, and of variables that grow', async () => {
    const build = async (lines: readonly string[]) => {
      fs.writeFileSync(join(daemon.base, 'Dockerfile'), ['FROM plain', ...lines].join('\n'));
      return expect(200, 'POST', '/build', execFileSync('tar', ['-cC', daemon.base, 'Dockerfile']));
    };
    assert.match(await build(list(1500, index => `LABEL label-${index}=x`)), /Successfully built/);
    assert.match(await build(list(1000, index => `ONBUILD RUN echo ${index}`)), /Successfully built/);
    const twice = list(60, () => 'ENV A=$A$A');
    assert.match(await build(['ENV A=xxxxxxxx', ...twice]), /variables expand to more than/);
    const [, ...fewer] = twice.slice(0, 13);
    assert.match(
      await build(['ENV A=xxxxxxxx', ...fewer, ...list(100, () => 'ENV A=$A')]),
      /Successfully built/,
    );
    assert.match(
      await build(['ENV A=xxxxxxxx', ...fewer, `ENV B=\${A%%${'*?'.repeat(1000)}y}`]),
      /a pattern is too long/,
    );
  });

  describe('with images', () => {
    before(async () => {
      const config = { Cmd: ['sleep', '10000'] };
      const ports = (count: number) => ({
        ...config,
        ExposedPorts: map(count, index => `${index + 1}/tcp`, {}),
      });
      assert.equal(await load('ports', { config: ports(65_535) }), '');
      assert.equal(await load('fewer', { config: ports(5000) }), '');
      const passwd = (lines: number) => ({
        'etc/passwd': `${'a:b:5:5::/:/\n'.repeat(lines)}web:x:7:7::/:/\n`,
      });
      assert.equal(await load('accounts', { config: { ...config, User: 'web' } }, passwd(700_000)), '');
      assert.equal(await load('much', { config: { ...config, User: 'web' } }, passwd(1_200_000)), '');
      assert.equal(
        await load('volumes', { config: { ...config, Volumes: map(1000, index => `/v${index}`, {}) } }),
        '',
      );
    });

    answers('to an image whose every port is to be published', async () => {
      await create('one', { Image: 'ports', HostConfig: { PublishAllPorts: true } });
      await start('one', 400);
      await remove('one');
      await create('one', { Image: 'ports' });
      await start('one');
      await listed('');
      await filtered({ expose: ['1-65535/tcp'] });
      await expect(200, 'GET', '/containers/one/json');
      await create('linked', { Image: 'plain', HostConfig: { Links: ['one'] } });
      await start('linked', 400);
      await remove('linked');
      await remove('one');
      await expect(200, 'GET', '/images/json');
    });
    answers('to a container of thousands of published ports', async () => {
      await create('one', { Image: 'fewer', HostConfig: { PublishAllPorts: true } });
      await start('one');
      await listed('');
      await expect(204, 'POST', '/containers/one/kill');
      await remove('one');
    });
    answers('to an import of as many ports', () =>
      expect(200, 'POST', `/images/create?fromSrc=-&changes=EXPOSE%201-65535`, '\0'.repeat(1024)),
    );
    answers('to megabytes of accounts, again and again', async () => {
      const Healthcheck = { Test: ['CMD', 'true'], Interval: 2e8 };
      await create('one', { Image: 'accounts', Healthcheck });
      await start('one');
      await delay(2000);
      const { State } = JSON.parse(await expect(200, 'GET', '/containers/one/json')) as {
        State: { Health: { Log: { ExitCode: number }[] } };
      };
      assert.equal(State.Health.Log.at(-1)?.ExitCode, 0);
      await remove('one');
    });
    answers('to more accounts than are read', async () => {
      await create('one', { Image: 'much' });
      assert.match(await start('one', 400), /file exceeds 10485760 bytes/);
      await remove('one');
    });
    answers('to an image of a thousand volumes', () => live({ Image: 'volumes' }));
    answers('to images of millions of values', async () => {
      assert.match(
        await load('bad', { history: Array(1_000_000).fill(null) }),
        /too large|more than 70000 values/,
      );
      assert.match(
        await load('bad', { config: { Labels: map(100_000, String, '') } }),
        /more than 70000 values/,
      );
      assert.match(await load('bad', { author: 'x'.repeat(16 * MEGABYTE) }), /too large/);
    });
  });

  describe('with containers', () => {
    const shell = (script: string) => ({
      Image: 'plain',
      Cmd: ['sh', '-c', `${script}; touch /done; sleep 10000`],
    });

    /** Runs a script to its end in a container, which goes on. */
    async function prepared(name: string, script: string, more: object = {}): Promise<void> {
      await create(name, { ...shell(script), ...more });
      await start(name);
      await until(async () => (await ask('HEAD', `/containers/${name}/archive?path=/done`)).status === 200);
    }

    answers('to an /etc/hosts of more than a gigabyte', async () => {
      await create('peer', { Image: 'plain' });
      await start('peer');
      await prepared('one', 'dd if=/dev/zero of=/etc/hosts bs=1 count=1 seek=1500000000', {
        HostConfig: { Links: ['peer'] },
      });
      await expect(204, 'POST', '/containers/peer/restart?t=0');
      await expect(204, 'POST', '/containers/one/restart?t=0');
      await remove('one');
      await remove('peer');
    });
    answers('to a line of a hundred megabytes', async () => {
      await prepared('one', 'head -c 100000000 /dev/zero | tr "\\0" x');
      await expect(200, 'GET', '/containers/one/logs?stdout=1&tail=1000');
      await remove('one');
    });
    answers('to changes of thousands of files', async () => {
      await prepared('one', 'mkdir /many; cd /many; touch $(seq 1 20000); touch $(seq 20001 40000)');
      await expect(200, 'GET', '/containers/one/changes');
      await expect(200, 'GET', '/containers/one/json?size=1');
      await remove('one');
    });
    answers('to hundreds of processes with long command lines', async () => {
      await prepared(
        'one',
        'long=$(head -c 100000 /dev/zero | tr "\\\\0" x); for n in $(seq 200); do sh -c "sleep 10000 # $long" & done',
      );
      await expect(200, 'GET', '/containers/one/top');
      await expect(200, 'GET', '/containers/one/top?ps_args=aux');
      await remove('one');
    });
  });
});
