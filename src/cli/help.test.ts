import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testHost } from '../../test/fixtures/test-host.ts';
import { runCli } from './run-cli.ts';

async function help(...args: string[]): Promise<string> {
  const host = testHost();
  assert.equal(await runCli(args, host), 0);
  return host.stdout.text;
}

test("a command's help has usage, summary, aliases and aligned options", async () => {
  assert.equal(
    await help('stop', '--help'),
    `Usage:  slipway stop [OPTIONS] CONTAINER [CONTAINER...]

Stop one or more running containers

Aliases:
  slipway container stop, slipway stop

Options:
  -s, --signal string   Signal to send to the container
  -t, --timeout int     Seconds to wait before killing the container
`,
  );
});

test('long descriptions are wrapped, and defaults shown', async () => {
  const text = await help('run', '--help');
  assert.match(
    text,
    /\n {6}--pull string {22}Pull image before running\n {41}\("always", "missing", "never"\)\n {41}\(default "missing"\)\n/,
  );
  assert.match(text, /\n {2}-h, --hostname string {18}Container host name\n/);
  assert.ok(text.split('\n').every(line => line.length <= 80));
});

test('help comes before complaints about arguments', async () => {
  assert.match(await help('run', '-it', '--help'), /^Usage: {2}slipway run /);
  assert.match(await help('help', 'container', 'ls'), /^Usage: {2}slipway container ls /);
  assert.match(await help('rename', 'a', '--help'), /^Usage: {2}slipway rename /);
});

test('a group lists its commands, and the program its groups', async () => {
  assert.match(
    await help('volume'),
    /^Usage: {2}slipway volume COMMAND\n\nManage volumes\n\nCommands:\n {2}create {6}Create a volume\n/,
  );
  assert.match(
    await help(),
    /\nManagement Commands:\n {2}builder {5}Manage builds\n {2}cgroup {6}Look at cgroups\n {2}container {3}Manage containers\n/,
  );
});
