/** Images of a corpus of Dockerfiles say of themselves what BuildKit's say (dockerd 28.5, recorded). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ImageConfig } from '../src/oci/image-config.ts';
import { clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

type Recorded = {
  name: string;
  dockerfile: string;
  files: Record<string, string>;
  args: Record<string, string>;
  config: object;
  author: string;
  /** Of the steps, not of the base. */
  history: string[];
};
const path = new URL('fixtures/recorded/build-images.json', import.meta.url);
const RECORDED = JSON.parse(fs.readFileSync(path, 'utf8')) as Recorded[];

let daemon: DaemonProcess;
before(async () => {
  daemon = await DaemonProcess.start();
  assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
});
after(() => daemon.dispose());

/** What is in an archive for Docker: its only image's configuration, and the topmost layer's entries. */
function imageIn(data: Buffer): { config: ImageConfig; top: string[] } {
  const read = (file: string) =>
    execFileSync('tar', ['-xO', file], { input: data, maxBuffer: 64 * 1024 * 1024 });
  const [{ Config = '', Layers = [] }] = JSON.parse(read('manifest.json').toString()) as [
    { Config?: string; Layers?: string[] },
  ];
  const listed = execFileSync('tar', ['-tzv', '--numeric-owner'], { input: read(Layers.at(-1) ?? '') });
  const top = listed
    .toString()
    .split('\n')
    .flatMap(line => (line === '' ? [] : [line.replace(/ +\d+ \d{4}-\d\d-\d\d \d\d:\d\d/, '')]));
  return { config: JSON.parse(read(Config).toString()) as ImageConfig, top };
}

async function built(Dockerfile: string, files: Record<string, string>, args: Record<string, string>) {
  const { exported } = await clientBuild(join(daemon.base, 'slipway.sock'), {
    directories: { dockerfile: { Dockerfile }, context: files },
    options: Object.fromEntries(Object.entries(args).map(([name, value]) => [`build-arg:${name}`, value])),
    exporter: { type: 'docker', attributes: {} },
  });
  return imageIn(exported['0']?.data as Buffer);
}

for (const { name, dockerfile, files, args, config, author, history } of RECORDED) {
  test(`an image is as BuildKit makes it: ${name}`, async () => {
    const { config: own } = await built(dockerfile, files, args);
    assert.deepEqual(own.config, config);
    assert.equal(own.author ?? '', author);
    const steps = (own.history ?? []).filter(({ comment }) => comment === 'buildkit.dockerfile.v0');
    assert.deepEqual(
      steps.map(({ created_by }) => created_by),
      history,
    );
  });
}

test('the directory of a context is one that everybody can read, as BuildKit makes it', async () => {
  const { top } = await built('FROM busybox\nCOPY . /all', { file: 'x' }, {});
  assert.deepEqual(top, ['drwxr-xr-x 0/0 all/', '-rw-r--r-- 0/0 all/file']);
});

test('what a stage that is not needed takes from a later one is of no interest', async () => {
  const { config } = await built('FROM scratch AS a\nCOPY --from=b x /\nFROM busybox AS b\nENV A=1', {}, {});
  assert.ok(config.config?.Env?.includes('A=1'));
});
