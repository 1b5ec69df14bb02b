import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import type { ProgressMessage } from '../../api/types.ts';
import { type Screen, testHost } from '../../../test/fixtures/test-host.ts';
import { runCli } from '../run-cli.ts';
import { showProgress } from './show-progress.ts';

async function hostOf(t: TestContext, listener: RequestListener) {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  const socket = join(directory, 'engine.sock');
  const server = createServer(listener).listen(socket);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  });
  const host = testHost({ env: { SLIPWAY_HOST: `unix://${socket}` } });
  host.stderr.isTTY = true;
  return { host, directory };
}

async function shows(screen: Screen, text: string): Promise<void> {
  while (!screen.text.includes(text)) await once(screen, 'text');
}

for (const args of [['load'], ['import', '-', 'name']])
  test(`${args[0]} shows how much it has sent, until the daemon answers`, async t => {
    const { host } = await hostOf(t, (request, response) => {
      request.resume().on('end', () => response.end('{"status":"done"}\n'));
    });
    const ended = runCli(args, host);
    host.stdin.write(Buffer.alloc(1_500_000));
    await shows(host.stderr, '\u001B[2K\rSending - 1.5MB');
    host.stdin.end();
    assert.equal(await ended, 0);
    assert.ok(host.stderr.text.endsWith('\u001B[2K\r'), JSON.stringify(host.stderr.text));
    assert.equal(host.stdout.text, 'done\n');
  });

for (const [command, activity] of [
  ['save', 'Saving'],
  ['export', 'Exporting'],
] as const)
  test(`${command} -o shows how much it has written, and is silent without a terminal`, async t => {
    let answer: ServerResponse | undefined;
    const { host, directory } = await hostOf(t, (_request, response) => {
      answer = response;
      response.write('first');
    });
    const output = join(directory, 'archive');
    const ended = runCli([command, '-o', output, 'name'], host);
    await shows(host.stderr, `\u001B[2K\r${activity} - 5B`);
    answer?.end('second');
    assert.equal(await ended, 0);
    assert.equal(readFileSync(output, 'utf8'), 'firstsecond');
    const silent = await hostOf(t, (_request, response) => response.end('all'));
    silent.host.stderr.isTTY = false;
    assert.equal(await runCli([command, '-o', output, 'name'], silent.host), 0);
    assert.equal(silent.host.stderr.text, '');
  });

const layer = (current: number, total = 3_000_000): ProgressMessage => ({
  status: 'Loading layer',
  id: 'abc',
  progressDetail: { current, total },
});

async function shown(columns: number, ...messages: ProgressMessage[]): Promise<string[]> {
  const { stdout } = testHost();
  Object.assign(stdout, { isTTY: true, columns });
  await showProgress(Readable.from(messages.map(message => `${JSON.stringify(message)}\n`)), stdout);
  // oxlint-disable-next-line no-control-regex
  return stdout.text.split(/\u001B\[\d+[AKB]|[\r\n]/).filter(Boolean);
}

test('a layer that is loaded shows its bytes, and a bar where there is room', async () => {
  const messages = [layer(0), layer(1_500_000), layer(3_000_000), layer(4_000_000)];
  assert.deepEqual(await shown(80, ...messages), [
    'abc: Loading layer       0B/3MB',
    'abc: Loading layer    1.5MB/3MB',
    'abc: Loading layer      3MB/3MB',
    'abc: Loading layer      4MB',
  ]);
  assert.deepEqual(await shown(120, layer(1_500_000), layer(3_000_000), layer(7, 0)), [
    `abc: Loading layer [${'='.repeat(25)}>${' '.repeat(25)}]    1.5MB/3MB`,
    `abc: Loading layer [${'='.repeat(50)}>]      3MB/3MB`,
    'abc: Loading layer       7B',
  ]);
});

test('what one can do is shown with an error of the daemon, in a stream too', async t => {
  const body = { message: 'no recipe', hint: 'There are others.' };
  const { host } = await hostOf(t, (request, response) => {
    if (request.url?.includes('bootstrap'))
      return response.end(`${JSON.stringify({ error: body.message, errorDetail: body })}\n`);
    return response.writeHead(404).end(JSON.stringify(body));
  });
  assert.equal(await runCli(['image', 'bootstrap', 'x'], host), 1);
  assert.equal(await runCli(['kill', 'x'], host), 1);
  assert.equal(
    host.stderr.text,
    'no recipe\nThere are others.\nError response from daemon: no recipe\nThere are others.\n',
  );
});

test('an image that is neither there nor in reach can be made, where there is a recipe', async t => {
  const { host } = await hostOf(t, (request, response) => {
    const isPull = request.url?.includes('/images/create') === true;
    request.resume();
    response
      .writeHead(isPull ? 500 : 404)
      .end(JSON.stringify({ message: isPull ? 'no registry' : 'No such image' }));
  });
  assert.equal(await runCli(['run', 'debian:trixie'], host), 125);
  assert.equal(
    host.stderr.text,
    `Unable to find image 'debian:trixie' locally
slipway: Error response from daemon: no registry
To make it from this machine's own packages: slipway image bootstrap debian:trixie

Run 'slipway run --help' for more information
`,
  );
});
