import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../base/testing/until.ts';
import { takePidfile } from './pidfile.ts';

const directory = mkdtempSync(join(tmpdir(), 'slipway-pidfile-'));
after(() => rmSync(directory, { recursive: true }));

test('the pidfile of a process that is dead, and only not waited for, is taken', async t => {
  const path = join(directory, 'dead');
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 1000']);
  t.after(() => parent.kill());
  const [output] = (await parent.stdout.take(1).toArray()) as Buffer[];
  const pid = String(output).trim();
  await until(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  writeFileSync(path, pid);
  const release = takePidfile(path);
  assert.equal(readFileSync(path, 'utf8').trim(), String(process.pid));
  release();
});

test('the pidfile of a process that lives is left alone', t => {
  const path = join(directory, 'living');
  const child = spawn('sleep', ['1000']);
  t.after(() => child.kill());
  writeFileSync(path, String(child.pid));
  assert.throws(() => takePidfile(path), { kind: 'conflict', message: /is still running$/ });
  assert.equal(readFileSync(path, 'utf8'), String(child.pid));
});
