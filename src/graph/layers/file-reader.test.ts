import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setXattr } from '../../kernel/xattr.ts';
import { lookUpFile } from '../graphdriver/look-up-file.ts';
import { FileReader } from './file-reader.ts';

const OPAQUE = 'user.overlay.opaque';

/** What a container may have in its own layer, and by which paths the image's files are reached. */
const OWN: Record<string, (own: string) => void> = {
  nothing: () => undefined,
  'other files in the directory': own => {
    fs.mkdirSync(`${own}/etc`);
    fs.writeFileSync(`${own}/etc/mtab`, '');
  },
  'the file': own => {
    fs.mkdirSync(`${own}/etc`);
    fs.writeFileSync(`${own}/etc/passwd`, 'own');
  },
  'a link in its place': own => {
    fs.mkdirSync(`${own}/etc`);
    fs.symlinkSync('group', `${own}/etc/passwd`);
  },
  'a whiteout': own => {
    fs.mkdirSync(`${own}/etc`);
    execFileSync('mknod', [`${own}/etc/passwd`, 'c', '0', '0']);
  },
  'another directory': own => {
    fs.mkdirSync(`${own}/etc`);
    setXattr(`${own}/etc`, OPAQUE, Buffer.from('y'));
  },
  'a file in the place of the directory': own => fs.writeFileSync(`${own}/etc`, ''),
  'a link in the place of the directory': own => fs.symlinkSync('usr', `${own}/etc`),
  'what the image’s link leads to': own => {
    fs.mkdirSync(`${own}/usr/lib`, { recursive: true });
    fs.writeFileSync(`${own}/usr/lib/shadowed`, 'own');
  },
  'what the image lacks': own => {
    fs.mkdirSync(`${own}/etc`);
    fs.writeFileSync(`${own}/etc/missing`, 'own');
  },
};
const PATHS = [
  '/etc/passwd',
  '/etc/linked',
  '/etc/../etc/passwd',
  '/etc/missing',
  '/etc',
  '/usr/lib/shadowed',
];

test('cached files of an image are what a container sees, also where it has files of its own', t => {
  const base = fs.mkdtempSync(`${tmpdir()}/slipway-reader-`);
  t.after(() => fs.rmSync(base, { recursive: true }));
  const image = `${base}/image`;
  for (const path of ['etc', 'usr/lib']) fs.mkdirSync(`${image}/${path}`, { recursive: true });
  fs.writeFileSync(`${image}/etc/passwd`, 'image');
  fs.writeFileSync(`${image}/etc/group`, 'group');
  fs.writeFileSync(`${image}/usr/lib/shadowed`, 'image');
  fs.symlinkSync('/usr/bin/../lib/shadowed', `${image}/etc/linked`);
  fs.mkdirSync(`${image}/usr/bin`);
  const reader = new FileReader();
  for (const [name, prepare] of Object.entries(OWN)) {
    const own = `${base}/${name}`;
    fs.mkdirSync(own);
    prepare(own);
    const directories = [own, image];
    for (const path of PATHS) {
      const read = reader.read({ directories, opaqueXattr: OPAQUE }, 'image', path);
      const { content } = lookUpFile(directories, path, OPAQUE);
      assert.equal(read?.toString(), content?.toString(), `${path}, with ${name}`);
    }
  }
});

test('an image’s file is read once', t => {
  const base = fs.mkdtempSync(`${tmpdir()}/slipway-reader-`);
  t.after(() => fs.rmSync(base, { recursive: true }));
  for (const layer of ['own', 'image']) fs.mkdirSync(`${base}/${layer}/etc`, { recursive: true });
  fs.writeFileSync(`${base}/image/etc/passwd`, 'first');
  const reader = new FileReader();
  const read = () => reader.read({ directories: [`${base}/own`, `${base}/image`] }, 'image', '/etc/passwd');
  assert.equal(read()?.toString(), 'first');
  fs.writeFileSync(`${base}/image/etc/passwd`, 'second');
  assert.equal(read()?.toString(), 'first');
});
