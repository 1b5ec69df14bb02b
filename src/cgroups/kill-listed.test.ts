import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { killListed } from './kill-listed.ts';

test('who is listed is killed, who has only got the number of one is not', async () => {
  const [member, stranger] = [
    spawn('sleep', ['1000'], { stdio: 'ignore' }),
    spawn('sleep', ['1000'], { stdio: 'ignore' }),
  ];
  const before = readdirSync('/proc/self/fd').length;
  const lists = [new Set([member.pid!, stranger.pid!, 0, 2 ** 30]), new Set([member.pid!])];
  killListed(() => lists.shift()!);
  assert.deepEqual(await once(member, 'exit'), [null, 'SIGKILL']);
  assert.equal(stranger.exitCode ?? stranger.signalCode, null);
  assert.equal(readdirSync('/proc/self/fd').length, before);
  stranger.kill('SIGTERM');
  assert.deepEqual(await once(stranger, 'exit'), [null, 'SIGTERM']);
});
