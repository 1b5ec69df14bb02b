import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { lookUpFile } from './look-up-file.ts';

function layersOf(t: TestContext, ...names: string[]): string[] {
  const base = fs.mkdtempSync(`${tmpdir()}/slipway-lookup-`);
  t.after(() => fs.rmSync(base, { recursive: true }));
  for (const name of [...names, 'host']) fs.mkdirSync(`${base}/${name}/etc`, { recursive: true });
  fs.writeFileSync(`${base}/host/etc/passwd`, 'of the host');
  return [...names, 'host'].map(name => `${base}/${name}`);
}

test('links lead to where they would in the container', t => {
  const [upper = '', lower = '', host = ''] = layersOf(t, 'upper', 'lower');
  const read = (path: string) => lookUpFile([upper, lower], path).content?.toString();
  fs.writeFileSync(`${lower}/etc/passwd`, 'of the image');
  fs.symlinkSync('/etc/passwd', `${upper}/etc/absolute`);
  fs.symlinkSync('../../../etc/passwd', `${upper}/etc/climbing`);
  fs.symlinkSync(`${host}/etc/passwd`, `${upper}/etc/out`);
  fs.symlinkSync(`${host}/etc`, `${upper}/etc/directory`);
  fs.symlinkSync(`/proc/self/root${host}/etc/passwd`, `${upper}/etc/proc`);
  fs.symlinkSync('loop', `${upper}/etc/loop`);
  for (const name of ['absolute', 'climbing']) assert.equal(read(`/etc/${name}`), 'of the image', name);
  for (const name of ['out', 'directory/passwd', 'proc', 'loop', 'passwd/x'])
    assert.equal(read(`/etc/${name}`), undefined, name);
});

test('only regular files of bearable size are read', t => {
  const [upper = ''] = layersOf(t, 'upper');
  const read = (name: string) => lookUpFile([upper], `/etc/${name}`).content;
  execFileSync('mkfifo', [`${upper}/etc/fifo`]);
  fs.writeFileSync(`${upper}/etc/large`, '');
  fs.truncateSync(`${upper}/etc/large`, 10 * 2 ** 20 + 1);
  fs.writeFileSync(`${upper}/etc/bearable`, '');
  fs.truncateSync(`${upper}/etc/bearable`, 10 * 2 ** 20);
  for (const name of ['fifo', '.', '']) assert.equal(read(name), undefined, name);
  assert.throws(() => read('large'), { kind: 'invalid-parameter', message: /exceeds 10485760 bytes/ });
  assert.equal(read('bearable')?.length, 10 * 2 ** 20);
});

test('a way that was made too long is given up', t => {
  const [upper = ''] = layersOf(t, 'upper');
  const deep = Array.from({ length: 210 }, () => 'd').join('/');
  fs.mkdirSync(`${upper}/${deep}`, { recursive: true });
  fs.symlinkSync(`/${deep}/passwd`, `${upper}/etc/passwd`);
  const layers = Array.from({ length: 20 }, () => upper);
  const descriptors = () => fs.readdirSync('/proc/self/fd').length;
  const before = descriptors();
  assert.throws(() => lookUpFile(layers, '/etc/passwd'), { kind: 'invalid-parameter' });
  assert.equal(descriptors(), before);
});
