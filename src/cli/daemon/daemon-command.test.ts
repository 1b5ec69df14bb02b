import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { testHost } from '../conformance/test-host.ts';
import { DEFAULT_DAEMON_FLAGS, type DaemonFlags } from '../daemon-flags.ts';
import { runCli } from '../run-cli.ts';

type Result = { exitCode: number; stderr: string; flags: DaemonFlags | undefined };

async function daemon(...args: string[]): Promise<Result> {
  let flags: DaemonFlags | undefined;
  const host = testHost({
    async runDaemon(given) {
      flags = given;
    },
  });
  const exitCode = await runCli(['daemon', ...args], host);
  return { exitCode, stderr: host.stderr.text, flags };
}

function configFile(context: TestContext, content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'daemon.json');
  writeFileSync(file, content);
  return file;
}

test('without flags the daemon gets the defaults', async context => {
  const { flags } = await daemon('--config-file', configFile(context, ''));
  assert.deepEqual(flags, DEFAULT_DAEMON_FLAGS);
});

test('flags have the names that dockerd gives them', async context => {
  const words = `--api-name docker -H unix:///x.sock --host tcp://127.0.0.1:2375 --data-root /d --exec-root=/e -p /p -s vfs
    --bip 10.1.0.1/24 --mtu 1400 --dns 8.8.8.8 -D --log-opt max-size=1m --default-ulimit nofile=1:2
    --default-shm-size 1m --label a=b --init --live-restore --shutdown-timeout 3`;
  const { flags, stderr } = await daemon('--config-file', configFile(context, '{}'), ...words.split(/\s+/));
  assert.equal(stderr, '');
  assert.deepEqual(flags, {
    ...DEFAULT_DAEMON_FLAGS,
    hosts: ['unix:///x.sock', 'tcp://127.0.0.1:2375'],
    apiNames: ['docker'],
    dataRoot: '/d',
    execRoot: '/e',
    pidfile: '/p',
    storageDriver: 'vfs',
    bip: '10.1.0.1/24',
    mtu: 1400,
    dns: ['8.8.8.8'],
    debug: true,
    logLevel: 'debug',
    logOpts: { 'max-size': '1m' },
    defaultUlimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
    defaultShmSizeBytes: 1024 * 1024,
    labels: ['a=b'],
    init: true,
    shutdownTimeoutSeconds: 3,
  });
});

test('the configuration file has the keys of daemon.json', async context => {
  const content = {
    hosts: ['unix:///y.sock'],
    'data-root': '/d',
    'log-opts': { 'max-file': '3' },
    'default-ulimits': { nofile: { Name: 'nofile', Hard: 64000, Soft: 32000 } },
    'default-shm-size': '2m',
    labels: ['a=b'],
    debug: true,
    'shutdown-timeout': 9,
    'discard-blobs': true,
    'image-gc-high': 90,
  };
  const { flags } = await daemon('--config-file', configFile(context, JSON.stringify(content)));
  assert.deepEqual(flags, {
    ...DEFAULT_DAEMON_FLAGS,
    hosts: ['unix:///y.sock'],
    dataRoot: '/d',
    logOpts: { 'max-file': '3' },
    defaultUlimits: [{ Name: 'nofile', Soft: 32000, Hard: 64000 }],
    defaultShmSizeBytes: 2 * 1024 * 1024,
    labels: ['a=b'],
    debug: true,
    logLevel: 'debug',
    shutdownTimeoutSeconds: 9,
    discardBlobs: true,
    imageGcHigh: 90,
    imageGcLow: 85,
  });
});

const BAD_FILES = [
  ['{"foo": 1, "bar": 2}', "the following directives don't match any configuration option: foo, bar"],
  [
    '{"data-root": "/b", "hosts": ["unix:///z"]}',
    'the following directives are specified both as a flag and in the configuration file: data-root: (from flag: /a, from file: /b)',
  ],
  ['{"mtu": "x"}', 'mtu must be a whole number'],
  ['[]', 'the configuration must be one JSON object'],
] as const;

for (const [content, problem] of BAD_FILES)
  test(`a bad configuration file is refused: ${content}`, async context => {
    const file = configFile(context, content);
    const { exitCode, stderr, flags } = await daemon('--config-file', file, '--data-root', '/a');
    assert.equal(flags, undefined);
    assert.equal(exitCode, 1);
    assert.equal(stderr, `unable to configure the Slipway daemon with file ${file}: ${problem}\n`);
  });

test('a configuration file that was asked for must exist', async () => {
  const { exitCode, stderr } = await daemon('--config-file', '/nonexistent/daemon.json');
  assert.equal(exitCode, 1);
  assert.match(stderr, /with file \/nonexistent\/daemon.json: open .*: no such file or directory/);
});

const BAD_FLAGS = [
  [['--log-level', 'loud'], 'invalid logging level: loud'],
  [['--default-ipc-mode', 'foo'], 'default IPC mode setting (foo) is invalid; use "shareable" or "private"'],
  [['--default-cgroupns-mode', 'foo'], 'invalid default cgroup namespace (foo): use "host" or "private"'],
  [['--label', 'a=b', '--label', 'a=c'], 'conflict labels for a=c and a=b'],
  [['-H', 'foo://x'], 'invalid bind address format: foo://x'],
  [['--image-gc-high', '101'], 'invalid image-gc-high: 101 is no percentage'],
  [['--image-gc-high', '80', '--image-gc-low', '80'], 'invalid image-gc-low: 80 must be less than'],
  [['--bip', '10.0.0.1'], 'invalid CIDR address: 10.0.0.1'],
  [['--bip', '10.0.0.1/8', '--bridge', 'br0'], 'You specified -b & --bip, mutually exclusive options'],
] as const;

for (const [args, problem] of BAD_FLAGS)
  test(`bad flags are refused: ${args.join(' ')}`, async () => {
    const { exitCode, stderr, flags } = await daemon(...args);
    assert.equal(flags, undefined);
    assert.equal(exitCode, 1);
    assert.ok(stderr.startsWith(problem), stderr);
  });

test('TLS is used when asked for, and clients are verified when asked for', async context => {
  const file = configFile(context, '{"tlscert": "/c", "tlskey": "/k", "tlscacert": "/ca"}');
  const tlsOf = async (...args: string[]) => (await daemon('--config-file', file, ...args)).flags?.tls;
  assert.equal(await tlsOf(), undefined);
  assert.deepEqual(await tlsOf('--tls'), { cert: '/c', key: '/k' });
  assert.deepEqual(await tlsOf('--tlsverify'), { cert: '/c', key: '/k', clientCa: '/ca' });
});

test('a configuration is validated without running a daemon', async context => {
  const good = await daemon('--validate', '--config-file', configFile(context, '{"debug": true}'));
  assert.deepEqual(good, { exitCode: 0, stderr: 'configuration OK\n', flags: undefined });
  const bad = await daemon('--validate', '--config-file', configFile(context, '{"debug": 1}'));
  assert.equal(bad.exitCode, 1);
});

test('the configuration file can be read again while the daemon runs', async context => {
  const file = configFile(context, '{"labels": ["a=1"]}');
  let reread: (() => DaemonFlags) | undefined;
  const host = testHost({
    async runDaemon(_flags, read) {
      reread = read;
    },
  });
  await runCli(['daemon', '--config-file', file, '--init'], host);
  writeFileSync(file, '{"labels": ["a=2"]}');
  const { labels, init } = reread?.() ?? assert.fail('no daemon was run');
  assert.deepEqual([labels, init], [['a=2'], true]);
});
