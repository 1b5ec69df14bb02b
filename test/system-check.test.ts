import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOf } from '../src/base/digest.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { gzipImageOf, imageOf, randomFiles, tarOf } from './fixtures/image-archive.ts';

let daemon: DaemonProcess;
const BASE = tarOf(randomFiles('base', 40, 9000));

before(async () => {
  daemon = await DaemonProcess.start();
  const images = [
    imageOf('one:latest', [BASE, tarOf(randomFiles('one', 10, 5000))]),
    imageOf('two:latest', [BASE, tarOf(randomFiles('two', 10, 7000))]),
    gzipImageOf('packed:latest', [BASE, tarOf(randomFiles('packed', 10, 7000))]),
  ];
  for (const image of images) await load(image.archive);
});

after(() => daemon.dispose());

async function load(archive: Buffer): Promise<void> {
  const path = join(daemon.base, 'archive.tar');
  fs.writeFileSync(path, archive);
  const { code, stderr } = await daemon.docker('load', '-qi', path);
  assert.equal(code, 0, stderr);
}

type Usage = {
  LayersSize: number;
  Images: { RepoTags: string[]; Size: number; SharedSize: number; Containers: number }[];
  Containers: { SizeRw?: number; SizeRootFs: number }[];
  Volumes: { UsageData: { Size: number; RefCount: number } }[];
  BuildCache: unknown[];
};

async function usage(query = ''): Promise<Usage> {
  return (await daemon.api('GET', `/v1.51/system/df${query}`)) as Usage;
}

/** What du says, in bytes. */
function du(...paths: string[]): number {
  const at = (path: string) => join(daemon.base, 'data/graph', path);
  const layers = fs
    .readdirSync(at('overlay2'))
    .filter(name => /^[0-9a-f]{64}$/.test(name) && fs.existsSync(at(`overlay2/${name}/link`)))
    .map(name => `overlay2/${name}/diff`);
  const all = [...paths, ...layers].flatMap(path => (fs.existsSync(at(path)) ? [at(path)] : []));
  const text = execFileSync('du', ['-s', '-B1', ...all], { encoding: 'utf8' });
  return text
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
}

/** The blobs alone: du counts their directory as well. */
function blobs(): string[] {
  const directory = join(daemon.base, 'data/graph/content/blobs/sha256');
  return fs.readdirSync(directory).map(name => `content/blobs/sha256/${name}`);
}

test('system df tells what du does: all together, and what images share or have for themselves', async () => {
  const { LayersSize, Images } = await usage();
  assert.equal(LayersSize, du(...blobs()));
  const own = Images.reduce((sum, image) => sum + image.Size - image.SharedSize, 0);
  const [one, two, packed] = ['one', 'two', 'packed'].map(name =>
    Images.find(({ RepoTags }) => RepoTags[0] === `${name}:latest`),
  );
  assert.ok(one && two && packed);
  // The base is unpacked once for all three; as a blob the first two have it.
  assert.equal(one.SharedSize, two.SharedSize);
  assert.ok(one.SharedSize > packed.SharedSize && packed.SharedSize > 40 * 9000);
  assert.equal(LayersSize, own + one.SharedSize);
});

test('system df tells the sizes of containers and volumes', async () => {
  const create = await daemon.docker(
    'create',
    '--name',
    'user',
    '-v',
    'vol:/v',
    '-v',
    '/anonymous',
    'one',
    'x',
  );
  assert.equal(create.code, 0, create.stderr);
  const volume = join(daemon.base, 'data/volumes/vol/_data');
  fs.writeFileSync(join(volume, 'file'), Buffer.alloc(10_000));
  fs.linkSync(join(volume, 'file'), join(volume, 'another name'));
  const inspected = await daemon.docker('inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', 'user');
  fs.writeFileSync(join(inspected.stdout.trim(), 'written'), Buffer.alloc(1234));
  const { Containers, Volumes, Images } = await usage();
  const { Size } = (await daemon.api('GET', '/v1.51/images/one/json')) as { Size: number };
  assert.deepEqual(
    Containers.map(({ SizeRw, SizeRootFs }) => [SizeRw, SizeRootFs]),
    [[1234, 1234 + Size]],
  );
  const sizes = Volumes.map(({ UsageData }) => `${UsageData.RefCount} ${UsageData.Size}`);
  assert.deepEqual(sizes.sort(), ['1 0', '1 10000']);
  assert.equal(Images.find(({ RepoTags }) => RepoTags[0] === 'one:latest')?.Containers, 1);
  const verbose = await daemon.docker('system', 'df', '-v');
  assert.match(verbose.stdout, /^vol +1 +10kB$/m);
  assert.match(verbose.stdout, /^one +latest .* 1$/m);
  const own = await daemon.slipway('system', 'df', '-v');
  const withoutTimes = (text: string) =>
    text.replaceAll(/(?:\d+ \w+|Less than a second) ago/g, 'ago').replaceAll(/ {2,}/g, '  ');
  assert.equal(withoutTimes(own.stdout), withoutTimes(verbose.stdout));
  assert.deepEqual(await daemon.slipway('system', 'df'), await daemon.docker('system', 'df'));
});

test('system df by type has null for the rest; old clients get everything, and virtual sizes', async () => {
  const volumes = await usage('?type=volume');
  assert.deepEqual({ ...volumes, Volumes: [] }, {
    LayersSize: 0,
    Images: null,
    Containers: null,
    Volumes: [],
    BuildCache: null,
  } as unknown as Usage);
  assert.equal(volumes.Volumes.length, 2);
  const old = (await daemon.api('GET', '/v1.41/system/df?type=volume')) as {
    Images: { Size: number; VirtualSize: number }[];
  };
  assert.equal(old.Images[0]?.VirtualSize, old.Images[0]?.Size);
});

test('system check finds nothing, then what was broken, repairs it, and its exit status tells', async () => {
  const clean = await daemon.slipway('system', 'check', '--layers');
  assert.equal(clean.code, 0, clean.stdout);
  assert.match(clean.stdout, /^Checked \d+ blobs \(.*\), 4 layers, 1 container layers\. All is well\.$/m);
  const blob = join(daemon.base, 'data/graph/content/blobs/sha256', digestOf(BASE).slice('sha256:'.length));
  const data = fs.readFileSync(blob);
  data[3000] = (data[3000] as number) ^ 4;
  fs.writeFileSync(blob, data);
  fs.mkdirSync(join(daemon.base, 'data/containers', 'f'.repeat(64)));
  const found = await daemon.slipway('system', 'check', '-q');
  assert.equal(found.code, 1);
  assert.match(found.stdout, /^PROBLEM: damaged content sha256:/m);
  assert.match(found.stdout, /^ {2}broken images: (one:latest, two:latest|two:latest, one:latest)$/m);
  assert.match(found.stdout, /^PROBLEM: orphaned container directory /m);
  const repaired = await daemon.slipway('system', 'check', '--repair');
  assert.equal(repaired.code, 0, repaired.stdout);
  assert.match(repaired.stdout, /2 found, 2 repaired\.$/m);
  assert.equal((await daemon.slipway('system', 'check')).code, 0);
  const report = await daemon.slipway('system', 'check', '--format', '{{.Layers}} {{len .Findings}}');
  assert.equal(report.stdout, '4 0\n');
});

test('the directory of an unknown volume is reported, and never removed', async () => {
  const path = join(daemon.base, 'data/volumes/lost/_data');
  fs.mkdirSync(path, { recursive: true });
  fs.writeFileSync(join(path, 'precious'), '');
  const { code, stdout } = await daemon.slipway('system', 'check', '--repair');
  assert.equal(code, 1);
  assert.match(stdout, /^PROBLEM: unknown volume .*\/lost$/m);
  assert.ok(fs.existsSync(join(path, 'precious')));
  fs.rmSync(join(daemon.base, 'data/volumes/lost'), { recursive: true });
});

test('system prune tells what it has really freed', async () => {
  const before = await usage();
  // Its layers are those of another image, but for one.
  await daemon.docker('rmi', 'packed');
  const without = await usage();
  assert.ok(without.LayersSize < before.LayersSize);
  assert.equal((await daemon.docker('tag', 'two', 'also:two')).code, 0);
  const two = without.Images.find(({ RepoTags }) => RepoTags.includes('two:latest'));
  const pruned = (await daemon.api(
    'POST',
    `/v1.51/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`,
  )) as { ImagesDeleted: { Untagged?: string; Deleted?: string }[]; SpaceReclaimed: number };
  const now = await usage();
  assert.deepEqual(
    now.Images.map(({ RepoTags }) => RepoTags),
    [['one:latest']],
    'a container uses it',
  );
  assert.equal(pruned.SpaceReclaimed, (two?.Size ?? 0) - (two?.SharedSize ?? 0));
  assert.equal(pruned.SpaceReclaimed, without.LayersSize - now.LayersSize);
  assert.equal(now.LayersSize, du(...blobs()));
  assert.deepEqual(pruned.ImagesDeleted.flatMap(({ Untagged }) => Untagged ?? []).sort(), [
    'also:two',
    'two:latest',
  ]);
  const all = await daemon.docker('system', 'prune', '-af', '--volumes');
  assert.equal(all.code, 0, all.stderr);
  assert.match(all.stdout, /^Deleted Containers:$/m);
  assert.match(all.stdout, /^untagged: one:latest$/m);
  assert.match(all.stdout, /^Deleted Volumes:\n[0-9a-f]{64}$/m);
  const empty = await usage();
  assert.equal(empty.LayersSize, 0);
  assert.deepEqual(blobs(), []);
});
