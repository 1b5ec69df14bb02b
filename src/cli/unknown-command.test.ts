import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, type CommandTree, findEntry, isGroup } from './command-tree.ts';
import { testHost } from '../../test/fixtures/test-host.ts';
import { DOCKER_COMMANDS } from './docker-commands.ts';
import { runCli } from './run-cli.ts';

async function complaint(...args: string[]): Promise<string> {
  const host = testHost();
  assert.equal(await runCli(args, host), 1);
  return host.stderr.text;
}

const SLIPS = [
  [['imges'], ['slipway images', 'slipway image']],
  [['isnpect'], ['slipway inspect']],
  [['RUN'], ['slipway run']],
  [['exce'], ['slipway exec']],
  [['container', 'prun'], ['slipway container prune']],
] as const;

for (const [args, meant] of SLIPS)
  test(`what was meant is suggested: ${args.join(' ')}`, async () => {
    const text = await complaint(...args);
    assert.match(
      text,
      new RegExp(`^slipway: unknown command: slipway ${args.join(' ')}\n\nDid you mean this\\?\n`),
    );
    for (const command of meant) assert.ok(text.includes(`\n  ${command}\n`), text);
  });

test('nothing is suggested where nothing is similar', async () => {
  assert.equal(
    await complaint('frobnicate'),
    "slipway: unknown command: slipway frobnicate\n\nRun 'slipway --help' for more information\n",
  );
  assert.doesNotMatch(await complaint('constructor'), /Docker has|Did you mean/);
});

/** Each of Docker's commands, as words. */
function dockerCommands(): string[][] {
  return Object.entries(DOCKER_COMMANDS).flatMap(([group, names]) => [
    ...(group === '' ? [] : [[group]]),
    ...names.split(' ').map(name => (group === '' ? [name] : [group, name])),
  ]);
}

function isThere(words: readonly string[], tree: CommandTree = COMMANDS): boolean {
  const [first = '', ...rest] = words;
  const entry = findEntry(tree, first);
  return entry !== undefined && (rest.length === 0 || (isGroup(entry) && isThere(rest, entry.commands)));
}

test("Docker's commands that are missing are said to be", async () => {
  const missing = dockerCommands().filter(words => !isThere(words));
  assert.ok(missing.length > 0);
  for (const words of missing) {
    const there = isThere(words.slice(0, 1)) ? words : words.slice(0, 1);
    const expected = `slipway: Docker has 'docker ${there.join(' ')}', Slipway has no such command yet\n`;
    assert.ok((await complaint(...words)).startsWith(expected), words.join(' '));
  }
});

test("Docker's plugins are said to work", async () => {
  assert.match(
    await complaint('compose', 'up'),
    /\n {2}DOCKER_HOST=unix:\/\/\/run\/slipway\/slipway\.sock docker compose\n/,
  );
});
