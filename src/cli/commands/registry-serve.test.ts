import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testHost } from '../../../test/fixtures/test-host.ts';
import type { RegistryFlags } from '../registry-flags.ts';
import { runCli } from '../run-cli.ts';

async function serve(
  ...args: string[]
): Promise<{ code: number; stderr: string; flags: RegistryFlags | undefined }> {
  let flags: RegistryFlags | undefined;
  const host = testHost({
    serveRegistry: async given => {
      flags = given;
    },
  });
  const code = await runCli(['registry', 'serve', ...args], host);
  return { code, stderr: host.stderr.text, flags };
}

test('without flags a registry listens on loopback, for anybody', async () => {
  const { flags } = await serve();
  assert.deepEqual(flags?.listen, ['127.0.0.1:5000']);
  assert.equal(flags.root, '/var/lib/slipway-registry');
  assert.equal(flags.graceMs, 3_600_000);
  assert.equal(flags.gcIntervalMs, 24 * 3_600_000);
  assert.deepEqual([flags.htpasswd, flags.tls, flags.engine, flags.hasAccessLog], ['', undefined, '', true]);
});

test('paths are made absolute, durations milliseconds, sizes bytes', async () => {
  const { flags } = await serve(
    ...'--root /r --listen :80 --gc-grace 5m --htpasswd /h --auth token --proxy docker.io --proxy-cache-size 2GB --engine --tlscert /c --tlskey /k'.split(
      ' ',
    ),
  );
  assert.deepEqual(flags?.tls, { cert: '/c', key: '/k' });
  assert.deepEqual(
    [flags.graceMs, flags.maximumCacheBytes, flags.usesTokens],
    [300_000, 2 * 1024 ** 3, true],
  );
  assert.equal(flags.engine, '/var/lib/slipway');
  assert.equal((await serve('--engine=/other')).flags?.engine, '/other');
});

test("the directory of an engine's registry is within the engine's, unless another one is named", async () => {
  assert.equal((await serve('--engine')).flags?.root, '/var/lib/slipway/registry');
  assert.equal((await serve('--engine=/other')).flags?.root, '/other/registry');
  assert.equal((await serve('--engine', '--root', '/r')).flags?.root, '/r');
});

test('flags that mean nothing are refused', async () => {
  for (const [args, message] of [
    [['--auth', 'digest'], /must be "basic" or "token"/],
    [['--tlscert', '/c'], /TLS needs both --tlscert and --tlskey/],
    [['extra'], /accepts no arguments/],
  ] as const) {
    const { code, stderr } = await serve(...args);
    assert.notEqual(code, 0);
    assert.match(stderr, message);
  }
});
