/** The script of docs/CI-CD.md, run by a job in a container that has the engine's socket. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { RegistryProcess } from './fixtures/registry-process.ts';

const PAGE = new URL('../docs/CI-CD.md', import.meta.url).pathname;
const DOCKER = '/usr/local/bin/docker';
/** joe's password is `secret`. */
const HTPASSWD = 'joe:$2b$05$w7ksedqbx5QNLUb01V9Tm.9ZbQSBdx1/ogRtKnfo6hgiWjq.UayEe\n';

let daemon: DaemonProcess;
let registry: RegistryProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
  const users = join(daemon.base, 'htpasswd');
  fs.writeFileSync(users, HTPASSWD);
  registry = new RegistryProcess('--htpasswd', users);
  await registry.start(daemon.namespacePid);
});
after(async () => {
  await registry.dispose();
  await daemon.dispose();
});

const DOCKERFILE = `FROM busybox
COPY app /app
CMD ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
`;

/** Runs the page's script for one version of a program, in a container of the engine that it uses. */
async function job(version: string, { test: tested = 'true', healthy = 'true' } = {}) {
  const directory = fs.mkdtempSync(join(daemon.base, 'job-'));
  const script = /```sh\n([^]*?)```/.exec(fs.readFileSync(PAGE, 'utf8'))?.[1] ?? '';
  const write = (path: string, content: string) =>
    fs.writeFileSync(join(directory, path), content, { mode: 0o755 });
  fs.mkdirSync(join(directory, 'app'));
  write('Dockerfile', DOCKERFILE);
  write('app/version', version);
  write('app/test', `#!/bin/sh\n${tested}\n`);
  write('app/healthy', `#!/bin/sh\n${healthy}\n`);
  write('script', script);
  const environment = {
    REGISTRY: registry.host,
    VERSION: version,
    USERNAME: 'joe',
    PASSWORD: 'secret',
    TRIES: '3',
    DOCKER_BUILDKIT: '0',
  };
  const volumes = [
    `${join(daemon.base, 'slipway.sock')}:/var/run/docker.sock`,
    `${DOCKER}:/bin/docker:ro`,
    `${directory}:/job`,
  ];
  return daemon.slipway(
    'run',
    '--rm',
    '--workdir=/job',
    ...volumes.map(volume => `--volume=${volume}`),
    ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
    'busybox',
    'sh',
    'script',
  );
}

const deployed = () => daemon.slipwayOut('exec', 'app', 'cat', '/app/version');

test('a job builds, tests, pushes and deploys, and goes back to the former version when the new one is not well', {
  skip: fs.existsSync(DOCKER) ? false : 'no docker on this machine',
  timeout: 300_000,
}, async () => {
  const first = await job('1');
  assert.equal(first.code, 0, first.stdout + first.stderr);
  assert.equal(await deployed(), '1');
  const broken = await job('2', { test: 'exit 7' });
  assert.equal(broken.code, 7, broken.stderr);
  assert.equal(await deployed(), '1');
  const unwell = await job('3', { healthy: 'exit 1' });
  assert.equal(unwell.code, 1, unwell.stderr);
  assert.match(unwell.stdout, /rolled back: 3 is not well/);
  assert.equal(await deployed(), '1');
  const next = await job('4');
  assert.equal(next.code, 0, next.stderr);
  assert.equal(await deployed(), '4');
  // What was not tested, and nobody without a password, gets to the registry.
  const pull = async (tag: string) => {
    const { code, stderr } = await daemon.slipway('pull', `${registry.host}/app:${tag}`);
    return [code, /denied|unauthorized|authentication required|no basic auth/i.test(stderr)];
  };
  assert.deepEqual(await pull('deployed'), [1, true]);
  const login = ['docker', 'login', '-u', 'joe', '--password-stdin', registry.host];
  const config = `DOCKER_CONFIG=${join(daemon.base, 'config')}`;
  await daemon.run(['env', config, ...login], 'secret');
  const untested = await daemon.run(['env', config, 'docker', 'pull', '-q', `${registry.host}/app:2`]);
  assert.match(untested.stderr, /not found|manifest unknown/);
  const given = await daemon.run(['env', config, 'docker', 'pull', '-q', `${registry.host}/app:deployed`]);
  assert.equal(given.code, 0, given.stderr);
});
