/** Where builds take files from, besides the directory that a client sends. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test, type TestContext } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { type ClientBuild, clientBuild } from './fixtures/buildkit-client.ts';
import { build as classicBuild } from './fixtures/builds.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;
let server: ChildProcess;
const programs = fs.mkdtempSync('/tmp/slipway-programs-');
const [PORT, HOST] = [9418, '127.0.0.1'];

/** What git calls in place of ssh: tells how it was called and what an agent says, and does what the other side would. */
const SSH = `#!/bin/sh
for last; do :; done
printf '%s\\n' "$*" > "\${0%/*}/calls"
[ -z "$SSH_AUTH_SOCK" ] || "${process.execPath}" -e '
  const connection = require("net").connect(process.env.SSH_AUTH_SOCK, () => connection.write("hello"));
  connection.on("data", data => { require("fs").writeFileSync(process.argv[1], data); process.exit(); });
' "\${0%/*}/answer"
eval "$last"
`;

before(async () => {
  fs.writeFileSync(join(programs, 'ssh'), SSH, { mode: 0o755 });
  process.env.PATH = `${programs}:${process.env.PATH}`;
  daemon = await DaemonProcess.startWithBusybox();
  makeRepository(join(daemon.base, 'git/repo'));
  const args = [
    '--export-all',
    `--base-path=${join(daemon.base, 'git')}`,
    `--listen=${HOST}`,
    `--port=${PORT}`,
  ];
  // A session of its own: `git daemon` is a child of git's.
  server = spawn('nsenter', ['-n', '-t', String(daemon.pid), 'git', 'daemon', ...args], { detached: true });
  await until(() => isListening());
});
after(async () => {
  if (server.pid !== undefined) process.kill(-server.pid);
  await daemon.dispose();
  fs.rmSync(programs, { recursive: true });
});

/** Asked in the daemon's own network. */
function isListening(): boolean {
  const hex = PORT.toString(16).toUpperCase();
  return fs.readFileSync(`/proc/${daemon.pid}/net/tcp`, 'utf8').includes(`0100007F:${hex} `);
}

function makeRepository(directory: string): void {
  fs.mkdirSync(join(directory, 'sub'), { recursive: true });
  fs.writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox\nCOPY . /r\nRUN cat /r/file && ls -a /r\n');
  fs.writeFileSync(join(directory, 'sub/Dockerfile'), 'FROM busybox\nRUN echo in-sub\n');
  fs.writeFileSync(join(directory, 'file'), 'of the first commit\n');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: directory });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  git('tag', 'v1');
  fs.writeFileSync(join(directory, 'file'), 'of the second commit\n');
  git('commit', '-qam', 'second');
}

const build = (Dockerfile: string, options: Record<string, string> = {}, more: Partial<ClientBuild> = {}) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    ...more,
    options,
    directories: { dockerfile: { Dockerfile }, context: {}, ...more.directories },
  });

const REPOSITORY = `git://${HOST}/repo`;

test('a git repository is a context, with its Dockerfile and without .git', async () => {
  const { output } = await build('', { context: REPOSITORY });
  assert.match(output, /of the second commit\n\.\n\.\.\nDockerfile\nfile\nsub\n/);
  const tagged = await build('', { context: `${REPOSITORY}#v1` });
  assert.match(tagged.output, /of the first commit/);
  const below = await build('', { context: `${REPOSITORY}#main:sub` });
  assert.match(below.output, /in-sub/);
});

test('the classic builder takes a repository, too', async () => {
  const { output, error } = await classicBuild(
    daemon,
    {},
    `remote=${encodeURIComponent(`${REPOSITORY}#main:sub`)}`,
  );
  assert.equal(error, '');
  assert.match(output, /in-sub/);
});

test('a repository by ssh is opened with the keys that the client forwards, and never with those of this machine', async () => {
  const path = join(daemon.base, 'git/repo');
  const told = (name: string) => fs.readFileSync(join(programs, name), 'utf8');
  for (const address of [`ssh://git@host.test${path}`, `git@host.test:${path}`]) {
    const Dockerfile = `FROM busybox\nADD ${address}#v1 /${address.length}\nRUN cat /${address.length}/file`;
    assert.equal((await build(Dockerfile)).output, 'of the first commit\n');
    assert.match(told('calls'), /-F \/dev\/null .*-o IdentityFile=none -o UserKnownHostsFile=\/dev\/null /);
    assert.throws(() => told('answer'), /ENOENT/);
    assert.equal(
      (await build(Dockerfile, { 'no-cache': '' }, { agents: ['default'] })).output,
      'of the first commit\n',
    );
    assert.equal(told('answer'), 'default heard hello');
    fs.rmSync(join(programs, 'answer'));
  }
});

test('ADD takes a repository, with .git where that is wanted, and checks the commit', async () => {
  const Dockerfile = `FROM busybox\nADD ${REPOSITORY}#v1 /x\nADD --keep-git-dir ${REPOSITORY} /y\nRUN cat /x/file; ls -a /x /y | grep -c '^.git$'`;
  assert.match((await build(Dockerfile)).output, /of the first commit\n1\n/);
  await assert.rejects(
    build(`FROM busybox\nADD --checksum=0123456789012345678901234567890123456789 ${REPOSITORY} /x`),
    {
      message: /expected checksum to match 0123456789012345678901234567890123456789, got [0-9a-f]{40}/,
    },
  );
  await assert.rejects(build(`FROM busybox\nADD ${REPOSITORY}#nothing /x`), {
    message: /couldn't find remote ref/,
  });
  await assert.rejects(build(`FROM busybox\nADD ${REPOSITORY}#main:no-such /x`), {
    message: /subdir not found: no-such/,
  });
});

test('a directory is a base, and a named context takes the place of a stage and of an image', async () => {
  const directories = { files: { 'bin/': '', 'bin/given': 'given\n' } };
  const asStage =
    'FROM busybox AS made\nRUN exit 1\nFROM busybox\nCOPY --from=made /bin/given /given\nRUN cat /given';
  assert.match((await build(asStage, { 'context:made': 'local:files' }, { directories })).output, /^given\n/);
  const asImage = 'FROM docker.io/library/missing:latest\nCOPY --from=busybox /bin/busybox /b';
  const { steps } = await build(asImage, { 'context:missing': 'local:files' }, { directories });
  assert.ok(steps.some(step => step.includes('COPY --from=busybox')));
});

test('one build for several platforms gives a result for each', async () => {
  const Dockerfile =
    'FROM --platform=$BUILDPLATFORM busybox AS b\nARG TARGETPLATFORM\nRUN echo $TARGETPLATFORM > /p\nFROM scratch\nCOPY --from=b /p /p';
  const options = { platform: 'linux/amd64,linux/arm64' };
  const { exported, steps } = await build(Dockerfile, options, {
    exporter: { type: 'local', attributes: {} },
  });
  assert.deepEqual(exported['0']?.files, {
    linux_amd64: 'directory',
    'linux_amd64/p': 'linux/amd64\n',
    linux_arm64: 'directory',
    'linux_arm64/p': 'linux/arm64\n',
  });
  assert.ok(steps.includes('[linux/arm64 stage-1 2/2] COPY --from=b /p /p'));
  const exporter = { type: 'moby', attributes: { name: 'docker.io/library/both:1' } };
  const { response } = await build(Dockerfile, options, { exporter });
  const { code, stdout } = await daemon.slipway(
    'image',
    'inspect',
    'both:1',
    '--format',
    '{{.Architecture}}',
  );
  assert.deepEqual([code, stdout.trim()], [0, process.arch === 'x64' ? 'amd64' : process.arch]);
  assert.match(response['containerimage.digest'] ?? '', /^sha256:/);
});

/** A server in the daemon's network, which notes what it is asked for, and answers everything alike. @returns its address */
async function startServer(t: TestContext, answer: string): Promise<{ address: string; asked: string[] }> {
  const program = `
    const server = require('node:http').createServer((request, response) => {
      console.log(request.method + ' ' + request.url);
      response.end(${JSON.stringify(answer)});
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const words = ['-n', '-t', String(daemon.pid), process.execPath, '-e', program];
  const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked: string[] = [];
  createInterface(child.stdout).on('line', line => {
    if (/^\d+$/.test(line)) resolve(`http://127.0.0.1:${line}`);
    else asked.push(line);
  });
  return { address: await promise, asked };
}

test('a single file at an address is the Dockerfile, whatever name is asked for', async t => {
  const { address } = await startServer(t, 'FROM busybox\nRUN echo from afar\n');
  const { output } = await build('', { context: `${address}/x`, filename: 'Other' });
  assert.equal(output, 'from afar\n');
  const query = `remote=${address}/x&dockerfile=Other`;
  const classic = await classicBuild(daemon, {}, query);
  assert.match(classic.output, /from afar/, classic.error);
});

test('git asks the daemon’s proxy', async t => {
  const { address, asked } = await startServer(t, '');
  const other = await daemon.another('--http-proxy', address);
  t.after(() => other.dispose());
  const given = {
    directories: { dockerfile: { Dockerfile: '' } },
    options: { context: 'http://git.test/x.git' },
  };
  await assert.rejects(clientBuild(join(other.base, 'slipway.sock'), given), /git fetch/);
  assert.match(String(asked), /^GET http:\/\/git.test\/x.git\/info\/refs/);
});

test('a context that cannot be had is told of', async () => {
  const refused: [Record<string, string>, RegExp][] = [
    [{ context: 'ftp://host/x' }, /unsupported build context: ftp:\/\/host\/x/],
    [{ 'context:a': 'input:none' }, /invalid input none for a/],
    [{ 'context:a': 'oci-layout://x' }, /oci-layout reference "x" must have digest/],
    [{ 'context:a': 'odd' }, /unsupported context source odd for a/],
    [{ context: `git://${HOST}:1/x` }, /git fetch git:/],
  ];
  for (const [options, message] of refused)
    await assert.rejects(build('FROM busybox', options), { message }, String(message));
});
