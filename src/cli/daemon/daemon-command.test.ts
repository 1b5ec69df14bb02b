import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { ENGINE_OPTIONS } from '../../api/engine-options.ts';
import { testHost } from '../../../test/fixtures/test-host.ts';
import { DEFAULT_DAEMON_FLAGS, type DaemonFlags } from '../daemon-flags.ts';
import { runCli } from '../run-cli.ts';
import { DAEMON_FLAG_TABLE } from './daemon-flag-table.ts';

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

test('each option of the engine is a flag, with the same default', () => {
  const initial = Object.fromEntries(
    Object.entries(DAEMON_FLAG_TABLE).map(([name, flag]) => [name, flag.initial]),
  );
  for (const [name, option] of Object.entries(ENGINE_OPTIONS))
    assert.deepEqual(initial[option.flag], option.initial, name);
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
    bridgeIp: '10.1.0.1/24',
    mtu: 1400,
    dns: ['8.8.8.8'],
    debug: true,
    logLevel: 'debug',
    logOptions: { 'max-size': '1m' },
    ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
    shmSizeBytes: 1024 * 1024,
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
    logOptions: { 'max-file': '3' },
    ulimits: [{ Name: 'nofile', Soft: 32000, Hard: 64000 }],
    shmSizeBytes: 2 * 1024 * 1024,
    labels: ['a=b'],
    debug: true,
    logLevel: 'debug',
    shutdownTimeoutSeconds: 9,
    discardBlobs: true,
    imageGcHigh: 90,
    imageGcLow: 85,
  });
});

test('limits of 64 bits are exact, in the file as in flags', async context => {
  const most = 2n ** 63n - 1n;
  const file = configFile(context, `{"default-ulimits": {"core": {"Soft": ${most}, "Hard": ${most}}}}`);
  const wanted = [{ Name: 'core', Soft: most, Hard: most }];
  assert.deepEqual((await daemon('--config-file', file)).flags?.ulimits, wanted);
  const none = configFile(context, '');
  const given = await daemon('--config-file', none, '--default-ulimit', `core=${most}`);
  assert.deepEqual(given.flags?.ulimits, wanted);
});

const BAD_FILES = [
  ['{"foo": 1, "bar": 2}', "the following directives don't match any configuration option: foo, bar"],
  [
    '{"data-root": "/b", "hosts": ["unix:///z"]}',
    'the following directives are specified both as a flag and in the configuration file: data-root: (from flag: /a, from file: /b)',
  ],
  ['{"mtu": "x"}', 'mtu must be a whole number'],
  ['{"log-opts": {"max-file": 3}}', 'log-opts.max-file must be a string'],
  ['{"dns": ["8.8.8.8", 1]}', 'dns[1] must be a string'],
  ['{"dns": ["dns.example"]}', 'dns: IP address is not correctly formatted: dns.example'],
  ['{"labels": ["a b"]}', "labels: label 'a b' contains whitespaces"],
  ['{"default-ulimits": {"nofile": {"Soft": "1"}}}', 'default-ulimits.nofile.Soft must be a whole number'],
  [
    '{"default-address-pools": [{"base": "10.0.0.0/8"}]}',
    'default-address-pools[0].size must be a whole number',
  ],
  ['{"registry-mirrors": "https://x"}', 'registry-mirrors must be a list'],
  ['{"userland-proxy": "false"}', 'userland-proxy must be true or false'],
  ['{"features": {"buildkit": 1}}', 'features.buildkit must be true or false'],
  ['{"runtimes": {"runc": "/usr/bin/runc"}}', 'runtimes.runc must be an object'],
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

/** Every key that dockerd 28.5 takes but `bridge`, which excludes `bip`, with a value that asks for something. */
const EVERY_KEY = JSON.parse(readFileSync(new URL('dockerd-keys.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;

test("each key of dockerd's daemon.json is honoured, or warned of by name", async context => {
  const { flags, stderr } = await daemon('--config-file', configFile(context, JSON.stringify(EVERY_KEY)));
  assert.equal(stderr, '');
  const warnedOf = flags?.warnings.map(
    warning => /^the configuration's (\S+) has no effect: /.exec(warning)?.[1],
  );
  assert.equal(warnedOf?.length, new Set(warnedOf).size);
  const honoured = Object.keys(EVERY_KEY).filter(key => !warnedOf?.includes(key));
  for (const key of honoured) {
    const one = await daemon('--config-file', configFile(context, JSON.stringify({ [key]: EVERY_KEY[key] })));
    const isDefault = isDeepStrictEqual(one.flags, DEFAULT_DAEMON_FLAGS);
    // Containers always outlive the daemon. A certificate alone changes nothing.
    const needsNothing = ['live-restore', 'tlscacert', 'tlscert', 'tlskey'].includes(key);
    assert.equal(isDefault, needsNothing, key);
  }
});

test('a key that is null, or asks for what is so anyway, is not warned of', async context => {
  const content = {
    ...Object.fromEntries(Object.keys(EVERY_KEY).map(key => [key, null])),
    iptables: true,
    'userland-proxy': true,
    experimental: false,
    'registry-mirrors': [],
    'default-runtime': 'runc',
  };
  const { flags } = await daemon('--config-file', configFile(context, JSON.stringify(content)));
  assert.deepEqual(flags, DEFAULT_DAEMON_FLAGS);
});

test('what --validate says names the keys without effect', async context => {
  const file = configFile(context, '{"experimental": true, "debug": true}');
  const { exitCode, stderr } = await daemon('--validate', '--config-file', file);
  assert.equal(exitCode, 0);
  assert.equal(
    stderr,
    "WARNING: the configuration's experimental has no effect: there are no experimental features\nconfiguration OK\n",
  );
});

test('the build cache is limited as dockerd says it, by sizes or by rules', async context => {
  const limits = async (gc: object) => {
    const { flags, stderr } = await daemon(
      '--config-file',
      configFile(context, JSON.stringify({ builder: { gc } })),
    );
    return [flags?.buildCacheLimit, flags?.buildCacheMinFree, flags?.buildCachePolicies, stderr];
  };
  assert.deepEqual(await limits({ enabled: true }), ['', '', [], '']);
  assert.deepEqual(await limits({ enabled: false }), ['0', '', [], '']);
  assert.deepEqual(await limits({ defaultKeepStorage: '20GB' }), ['20GB', '', [], '']);
  const sizes = { defaultMaxUsedSpace: '30GB', defaultReservedSpace: '1GB', defaultMinFreeSpace: '5GB' };
  assert.deepEqual(await limits(sizes), ['30GB', '5GB', [], '']);
  const policy = [
    { keepStorage: '512MB', filter: ['unused-for=48h', 'type=exec.cachemount'] },
    { maxUsedSpace: '10GB', all: true },
  ];
  const rules = ['keep-storage=512MB,unused-for=48h,type=exec.cachemount', 'all,max-used-space=10GB'];
  assert.deepEqual(await limits({ policy }), ['', '', rules, '']);
  assert.match(
    String((await limits({ policy: [{ filter: ['colour=red'] }] }))[3]),
    /unknown field .*"colour"/,
  );
  assert.match(
    String((await limits({ policy: [{ keep: '1' }] }))[3]),
    /builder.gc.policy\[0\] has no key keep/,
  );
});

test('registries are configured by flags and by the file, with proxies in an object of their own', async context => {
  const content = {
    proxies: { 'http-proxy': 'http://p:1', 'no-proxy': 'a' },
    'insecure-registries': ['a:5000'],
  };
  const file = configFile(context, JSON.stringify(content));
  const { flags } = await daemon('--config-file', file, '--registry-mirror', 'https://mirror.io');
  assert.deepEqual(flags?.proxies, { http: 'http://p:1', https: '', none: 'a' });
  assert.deepEqual([flags?.insecureRegistries, flags?.registryMirrors], [['a:5000'], ['https://mirror.io/']]);
  const fails = async (expected: RegExp, ...args: string[]) =>
    assert.match((await daemon('--config-file', configFile(context, ''), ...args)).stderr, expected);
  await fails(/invalid mirror: unsupported scheme "ftp"/, '--registry-mirror', 'ftp://x');
  await fails(/insecure registry a\/b is not valid/, '--insecure-registry', 'a/b');
  await fails(/invalid max concurrent downloads: -1/, '--max-concurrent-downloads', '-1');
  await fails(/invalid max download attempts: 0/, '--max-download-attempts', '0');
});

test("Docker's own configuration file is not read", async () => {
  assert.equal(DAEMON_FLAG_TABLE['config-file'].initial, '/etc/slipway/daemon.json');
});

test('an address without a scheme is one of TCP, and one that is given twice counts once', async () => {
  const hosts = ['127.0.0.1:2375', 'unix:///tmp/a.sock', 'unix:///tmp/a.sock'];
  const { flags } = await daemon(...hosts.flatMap(host => ['-H', host]));
  assert.deepEqual(flags?.hosts, ['tcp://127.0.0.1:2375', 'unix:///tmp/a.sock']);
});

test('address pools are a flag, too', async context => {
  const file = configFile(context, '');
  const pool = ['--default-address-pool', 'base=10.10.0.0/16,size=24'];
  const { flags } = await daemon(
    '--config-file',
    file,
    ...pool,
    '--default-address-pool',
    'size=28,base=10.9.0.0/20',
  );
  assert.deepEqual(flags?.addressPools, [
    { base: '10.10.0.0/16', size: 24 },
    { base: '10.9.0.0/20', size: 28 },
  ]);
  const bad = await daemon('--default-address-pool', 'base=10.10.0.0/16,sise=24');
  assert.equal(bad.exitCode, 125);
  assert.match(bad.stderr, /unexpected key 'sise'/);
});

test('a configuration file that was asked for must exist', async () => {
  const { exitCode, stderr } = await daemon('--config-file', '/nonexistent/daemon.json');
  assert.equal(exitCode, 1);
  assert.match(stderr, /with file \/nonexistent\/daemon.json: open .*: no such file or directory/);
});

const BAD_FLAGS = [
  [['--log-level', 'loud'], 'invalid logging level: loud'],
  [['--default-ipc-mode', 'foo'], 'default IPC mode setting (foo) is invalid; use "shareable" or "private"'],
  [['--firewall-mode', 'open'], 'invalid firewall mode (open): use "host" or "docker"'],
  [['--default-cgroupns-mode', 'foo'], 'invalid default cgroup namespace (foo): use "host" or "private"'],
  [['--label', 'a=b', '--label', 'a=c'], 'conflict labels for a=c and a=b'],
  [['--exec-opt', 'native.cgroupdriver=cgroups'], 'native.cgroupdriver option cgroups not supported'],
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

test('what the daemon says of its configuration fails the validation', async () => {
  const host = testHost({ checkDaemon: () => Promise.reject(new Error('no such log driver')) });
  assert.equal(await runCli(['daemon', '--validate'], host), 1);
  assert.match(host.stderr.text, /no such log driver/);
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
