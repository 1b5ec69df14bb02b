import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type FakeEngine, startFakeEngine } from '../../../test/fixtures/fake-engine.ts';
import { type Screen, testHost } from '../../../test/fixtures/test-host.ts';
import { runCli } from '../run-cli.ts';

async function engineFor(context: TestContext): Promise<FakeEngine & { env: Record<string, string> }> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  const socket = join(directory, 'engine.sock');
  const engine = await startFakeEngine(socket);
  context.after(async () => {
    await engine.close();
    rmSync(directory, { recursive: true });
  });
  return { ...engine, env: { SLIPWAY_HOST: `unix://${socket}` } };
}

async function shows(screen: Screen, text: string): Promise<void> {
  while (!screen.text.includes(text)) await once(screen, 'text');
}

async function asked(engine: FakeEngine, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = engine.requests.find(({ line }) => pattern.test(line));
    if (found !== undefined) return found.line;
    await new Promise(resolve => setImmediate(resolve));
  }
}

function terminalHost(env: Record<string, string>) {
  const host = testHost({ env });
  host.stdin.isTTY = true;
  host.stdout.isTTY = true;
  return host;
}

test('run -it makes the terminal raw and restores it when the container ends', async context => {
  const host = terminalHost((await engineFor(context)).env);
  assert.equal(await runCli(['run', '-it', 'exit3'], host), 3);
  assert.deepEqual(host.raw, { made: 1, restored: 1 });
  assert.equal(host.stdout.text, 'output of tty-exit3\n');
});

test('the terminal is restored when the container does not start', async context => {
  const host = terminalHost((await engineFor(context)).env);
  assert.equal(await runCli(['start', '-ai', 'tty-missing'], host), 0);
  assert.equal(host.raw.made, host.raw.restored);
});

test("the container's terminal gets the size of the user's, at once and when it changes", async context => {
  const engine = await engineFor(context);
  const host = terminalHost(engine.env);
  const ended = runCli(['attach', 'cat-tty'], host);
  assert.match(await asked(engine, /resize/), /\/resize\?h=24&w=80$/);
  host.stdout.rows = 50;
  host.stdout.emit('resize');
  await asked(engine, /\/resize\?h=50&w=80$/);
  host.stdin.end();
  assert.equal(await ended, 0);
  assert.equal(host.stdout.listenerCount('resize'), 0);
});

test('the detach keys end attach, and leave the container alone', async context => {
  const engine = await engineFor(context);
  const host = terminalHost(engine.env);
  const ended = runCli(['exec', '-it', 'cat', 'sh'], host);
  host.stdin.write('a\u0010');
  await shows(host.stdout, 'a');
  host.stdin.write('\u0011b');
  assert.equal(await ended, 1);
  assert.equal(host.stdout.text, 'a');
  assert.equal(host.stderr.text, 'read escape sequence\n');
  assert.deepEqual(host.raw, { made: 1, restored: 1 });
});

test('detaching from run is a success', async context => {
  const host = terminalHost((await engineFor(context)).env);
  const ended = runCli(['run', '-it', '--detach-keys', 'ctrl-a,x', 'busybox'], host);
  host.stdin.write('\u0001x');
  assert.equal(await ended, 0);
});

test('signals go to the container, until it ends', async context => {
  const engine = await engineFor(context);
  const host = testHost({ env: engine.env });
  const ended = runCli(['run', '-i', '--rm', 'cat'], host);
  host.stdin.write('x');
  await shows(host.stdout, 'x');
  host.signals.emit('SIGTERM');
  assert.match(await asked(engine, /kill/), /\/kill\?signal=TERM$/);
  host.stdin.end();
  assert.equal(await ended, 0);
  assert.deepEqual(host.signals.eventNames(), []);
});

test('a terminal is refused where standard input is none', async context => {
  const host = testHost({ env: (await engineFor(context)).env });
  assert.equal(await runCli(['exec', '-it', 'a', 'sh'], host), 1);
  assert.equal(host.stderr.text, 'the input device is not a TTY\n');
});

test('only the streams that are asked for are shown', async context => {
  const host = testHost({ env: (await engineFor(context)).env });
  assert.equal(await runCli(['run', '-a', 'stderr', 'busybox'], host), 0);
  assert.deepEqual([host.stdout.text, host.stderr.text], ['', 'and its errors\n']);
});
