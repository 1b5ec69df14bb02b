/**
 * Pull, push and login by the docker CLI and by ours, with Debian's docker-registry, and with our own. PEER_DOCKER_REGISTRY
 * may say where the former is; without it, or without docker's CLI, the tests are skipped.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { tarOf } from './fixtures/image-archives.ts';

const program = process.env.PEER_DOCKER_REGISTRY ?? 'docker-registry';
const OURS = join(import.meta.dirname, '../bin/slipway');

function missing(...tools: string[]): string | false {
  const tool = tools.find(name => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return tool === undefined ? false : `${tool} is not installed`;
}

/** joe, with the password `secret` (bcrypt). */
const HTPASSWD = 'joe:$2b$05$w7ksedqbx5QNLUb01V9Tm.9ZbQSBdx1/ogRtKnfo6hgiWjq.UayEe\n';
const OPEN = '127.0.0.1:5000';
const CLOSED = '127.0.0.1:5001';

describe('docker-registry', { skip: missing(program, 'docker') }, () => suite(dockerRegistry));
describe('slipway registry serve', { skip: missing('docker') }, () => suite(ourRegistry));

type RegistryCall = { directory: string; address: string; htpasswd: string | undefined };

/** What is to be run, and is said to listen. */
function dockerRegistry({ directory, address, htpasswd }: RegistryCall): string[] {
  const config = join(directory, 'config.yml');
  const auth = htpasswd === undefined ? '' : `auth: {htpasswd: {realm: test, path: ${htpasswd}}}\n`;
  writeFileSync(
    config,
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${directory}}, delete: {enabled: true}}\nhttp: {addr: "${address}"}\n${auth}`,
  );
  return [program, 'serve', config];
}

function ourRegistry({ directory, address, htpasswd }: RegistryCall): string[] {
  const auth = htpasswd === undefined ? [] : ['--htpasswd', htpasswd];
  return [OURS, 'registry', 'serve', '--root', join(directory, 'root'), '--listen', address, ...auth];
}

function suite(commandOf: (call: RegistryCall) => string[]): void {
  const base = mkdtempSync('/tmp/slipway-registries-');
  const registries: ChildProcess[] = [];
  let daemon: DaemonProcess;

  /** In the daemon's network namespace. Settles when it listens. */
  async function startRegistry(address: string, htpasswd?: string): Promise<void> {
    const directory = join(base, address.replace(/.*:/, ''));
    mkdirSync(directory);
    const inside = [
      '-n',
      '-t',
      String(daemon.keeperPid),
      '--',
      ...commandOf({ directory, address, htpasswd }),
    ];
    const child = spawn('nsenter', inside, { stdio: ['ignore', 'ignore', 'pipe'] });
    registries.push(child);
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stderr.on('data', (chunk: Buffer) => {
        output += String(chunk);
        if (/listening on|registry listening/.test(output)) resolve();
      });
      child.once('exit', () => reject(new Error(`the registry ended: ${output}`)));
    });
  }

  before(async () => {
    daemon = await DaemonProcess.start();
    await startRegistry(OPEN);
    writeFileSync(join(base, 'htpasswd'), HTPASSWD);
    await startRegistry(CLOSED, join(base, 'htpasswd'));
    process.env.DOCKER_CONFIG = join(base, 'docker');
    writeFileSync(join(base, 'tree.tar'), tarOf({ hello: 'world', data: randomBytes(3_000_000) }));
  });

  after(async () => {
    for (const registry of registries) registry.kill('SIGKILL');
    await daemon.dispose();
    rmSync(base, { recursive: true, force: true });
    delete process.env.DOCKER_CONFIG;
  });

  const docker = (...args: string[]) => daemon.dockerOut(...args);

  async function fails(message: RegExp, ...args: string[]): Promise<void> {
    const { code, stderr } = await daemon.docker(...args);
    assert.notEqual(code, 0, args.join(' '));
    assert.match(stderr, message);
  }

  test('an image is pushed and pulled again, the same, by tag, by digest and with all tags', async () => {
    const name = `${OPEN}/team/app`;
    const id = await docker('import', join(base, 'tree.tar'), `${name}:1`);
    await docker('tag', `${name}:1`, `${name}:2`);
    const pushed = await docker('push', '-a', name);
    assert.match(pushed, /1: digest: (sha256:[0-9a-f]{64}) size: \d+\n[^]*2: digest: \1/);
    const digest = /digest: (sha256:\w+)/.exec(pushed)?.[1] ?? '';
    assert.equal(await docker('inspect', '--format', '{{index .RepoDigests 0}}', id), `${name}@${digest}`);
    await docker('rmi', '-f', id);
    const pulled = await docker('pull', '-a', name);
    assert.match(pulled, new RegExp(`Digest: ${digest}\n[^]*Status: Downloaded newer image for ${name}`));
    assert.equal(await docker('images', '-q', '--no-trunc', name), `${id}\n${id}`);
    await docker('rmi', '-f', id);
    assert.equal(await docker('pull', '-q', `${name}@${digest}`), `${name}@${digest}`);
    assert.equal(await docker('images', '-aq', '--no-trunc'), id);
    assert.match(await docker('pull', `${name}@${digest}`), /Status: Image is up to date for /);
  });

  test('run brings what is not here, and says what is not there', async () => {
    const name = `${OPEN}/team/busybox`;
    const { code, stderr } = await daemon.slipway('image', 'bootstrap', 'busybox');
    assert.equal(code, 0, stderr);
    await docker('tag', 'busybox', name);
    await docker('push', '-q', name);
    await docker('rmi', name, 'busybox');
    const run = await daemon.docker('run', '--rm', '--network', 'none', name, 'echo', 'here');
    assert.equal(run.stdout, 'here\n');
    assert.match(
      run.stderr,
      /Unable to find image '.*' locally[^]*Pull complete[^]*Status: Downloaded newer image/,
    );
    await docker('rmi', name);
    await fails(/No such image/, 'run', '--rm', '--pull', 'never', name, 'true');
    assert.equal(
      await docker('run', '--rm', '--network', 'none', '--pull', 'always', '-q', name, 'echo', 'again'),
      'again',
    );
    await fails(/manifest for .* not found: manifest unknown: manifest unknown/, 'run', `${name}:no`);
  });

  test('login is tried, and credentials are used for pulls and pushes', async () => {
    const name = `${CLOSED}/private`;
    await docker('import', join(base, 'tree.tar'), `${name}:1`);
    await fails(/no basic auth credentials/, 'push', `${name}:1`);
    const login = (password: string) =>
      daemon.run(['docker', 'login', '-u', 'joe', '--password-stdin', CLOSED], password);
    const wrong = await login('wrong');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /401 Unauthorized/);
    const { code, stdout } = await login('secret');
    assert.deepEqual([code, stdout.trim()], [0, 'Login Succeeded']);
    assert.match(readFileSync(join(base, 'docker/config.json'), 'utf8'), new RegExp(CLOSED));
    assert.match(await docker('push', `${name}:1`), /1: digest: sha256/);
    await docker('rmi', `${name}:1`);
    await docker('pull', `${name}:1`);
    await docker('logout', CLOSED);
    await fails(/no basic auth credentials/, 'pull', `${name}:1`);
  });

  test('our own command line logs in, pushes, pulls and logs out as docker does', async () => {
    const name = `${CLOSED}/ours`;
    const slipway = (...args: string[]) => daemon.slipwayOut(...args);
    await docker('import', join(base, 'tree.tar'), `${name}:1`);
    const login = [
      join(import.meta.dirname, '../bin/slipway'),
      'login',
      '-u',
      'joe',
      '--password-stdin',
      CLOSED,
    ];
    const wrong = await daemon.run(login, 'wrong\n');
    assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
    assert.match(wrong.stderr, /401 Unauthorized/);
    const { code, stdout, stderr } = await daemon.run(login, 'secret\n');
    assert.deepEqual([code, stdout], [0, 'Login Succeeded\n']);
    assert.match(stderr, /Your credentials are stored unencrypted in '.*config\.json'/);
    assert.match(
      await slipway('login', CLOSED),
      /Authenticating with existing credentials\.\.\. \[Username: joe\]\nLogin Succeeded/,
    );
    const pushed = await slipway('push', `${name}:1`);
    const digest = /1: digest: (sha256:\w+) size: \d+/.exec(pushed)?.[1] ?? assert.fail(pushed);
    await slipway('rmi', `${name}:1`);
    assert.match(await slipway('pull', `${name}:1`), new RegExp(`Digest: ${digest}\n[^]*\n${name}:1$`));
    assert.equal(await slipway('pull', '-aq', name), name);
    // What one has logged in with, the other knows.
    await docker('push', `${name}:1`);
    assert.equal(await slipway('logout', CLOSED), `Removing login credentials for ${CLOSED}`);
    assert.match((await daemon.slipway('pull', `${name}:1`)).stderr, /no basic auth credentials/);
    assert.match((await daemon.slipway('search', `${OPEN}/x`)).stderr, /Unexpected status code 404/);
  });

  test('layers are mounted from other repositories of the same registry', async () => {
    const [one, two] = [`${OPEN}/mount/one:1`, `${OPEN}/mount/two:1`];
    await docker('import', join(base, 'tree.tar'), one);
    await docker('push', one);
    await docker('rmi', one);
    await docker('pull', one);
    await docker('tag', one, two);
    assert.match(await docker('push', two), /Mounted from [a-z]+\/[a-z]+/);
  });

  test('a registry that is not there is told as docker does', async () => {
    await fails(/dial tcp 127\.0\.0\.1:5999: connect: connection refused/, 'pull', '127.0.0.1:5999/x');
    await fails(/repository .* not found: name unknown/, 'pull', '-a', `${OPEN}/none`);
  });
}
