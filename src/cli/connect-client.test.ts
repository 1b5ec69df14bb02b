import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type FakeEngine, startFakeEngine } from '../../test/fixtures/fake-engine.ts';
import { testHost } from '../../test/fixtures/test-host.ts';
import { runCli } from './run-cli.ts';

function temporarySocket(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'engine.sock');
}

test('as root, and with no daemon named, a missing daemon is started, once', async context => {
  const defaultSocket = temporarySocket(context);
  let engine: FakeEngine | undefined;
  let starts = 0;
  const host = testHost({
    isRoot: true,
    defaultSocket,
    async startDaemon() {
      starts += 1;
      engine = await startFakeEngine(defaultSocket);
      return { log: '/var/log/x' };
    },
  });
  context.after(() => engine?.close());
  assert.equal(await runCli(['ps', '-q'], host), 0);
  assert.equal(host.stderr.text, 'slipway: started the daemon (log: /var/log/x)\n');
  assert.equal(await runCli(['ps', '-q'], host), 0);
  assert.equal(starts, 1);
});

test('a daemon that was named is never started', async () => {
  const host = testHost({ isRoot: true });
  assert.equal(await runCli(['-H', 'unix:///nonexistent/x.sock', 'ps'], host), 1);
  assert.equal(
    host.stderr.text,
    'Cannot connect to the Slipway daemon at unix:///nonexistent/x.sock. Is the slipway daemon running?\n',
  );
});

test('-H wins over SLIPWAY_HOST, which wins over DOCKER_HOST', async context => {
  const named = temporarySocket(context);
  const engine = await startFakeEngine(named);
  context.after(() => engine.close());
  const nowhere = 'unix:///nonexistent/x.sock';
  const first = testHost({ env: { SLIPWAY_HOST: nowhere } });
  assert.equal(await runCli(['-H', `unix://${named}`, 'ps', '-q'], first), 0);
  const second = testHost({ env: { SLIPWAY_HOST: `unix://${named}`, DOCKER_HOST: nowhere } });
  assert.equal(await runCli(['ps', '-q'], second), 0);
});

test('several hosts and unknown schemes are refused', async () => {
  const host = testHost();
  assert.equal(await runCli(['-H', 'unix:///a', '-H', 'unix:///b', 'ps'], host), 1);
  assert.equal(await runCli(['-H', 'ftp://a', 'ps'], host), 1);
  assert.equal(
    host.stderr.text,
    'Specify only one -H\nFailed to initialize: invalid bind address format: ftp://a\n',
  );
});
