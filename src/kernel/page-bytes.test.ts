import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { pageBytes, parsePageBytes } from './page-bytes.ts';

test('the size of a page is what the kernel has told this process', () => {
  assert.equal(pageBytes(), Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })));
});

test('it is found among what else the kernel tells', () => {
  const vector = Buffer.from(new BigUint64Array([33n, 1n, 6n, 65_536n, 0n, 0n]).buffer);
  assert.equal(parsePageBytes(vector), 65_536);
  assert.equal(parsePageBytes(Buffer.alloc(16)), 4096);
});
