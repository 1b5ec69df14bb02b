/**
 * Images go to the field's other tools and come back, digests included. Tools that are not installed are skipped;
 * PEER_COMMAND may name a program that runs its arguments where they are (and PEER_TMP what /tmp is called there).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type Graph, type Image } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { hostArchitecture } from '../src/oci/platform.ts';
import { Layout, named, tarOf } from './fixtures/image-archives.ts';

const command = (process.env.PEER_COMMAND ?? '').split(' ').filter(Boolean);
const peerTmp = process.env.PEER_TMP ?? '/tmp';

/** Runs a tool; paths below /tmp are changed to what they are called there. */
function peer(...args: string[]): string {
  const there = args.map(arg => arg.replace(/(^|[:=])\/tmp\//g, `$1${peerTmp}/`));
  const [program = '', ...rest] = [...command, ...there];
  return execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function missing(tool: string): string | false {
  try {
    peer(tool, '--version');
    return false;
  } catch {
    return `${tool} is not installed`;
  }
}

type Scratch = { graph: Graph; directory: string };

async function scratch(t: TestContext): Promise<Scratch> {
  const directory = fs.mkdtempSync('/tmp/slipway-peers-');
  const graph = await openGraph({ root: `${directory}/graph` });
  t.after(async () => {
    await graph.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });
  return { graph, directory };
}

async function load({ graph }: Scratch, path: string): Promise<void> {
  await graph.load(fs.createReadStream(path), () => undefined);
}

async function save({ graph }: Scratch, name: string, path: string): Promise<void> {
  const stream = await graph.save([name]);
  fs.writeFileSync(path, Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)));
}

/** An image with a user's extended attributes of tar: links, owners, odd names, a whiteout. */
async function original(t: TestContext): Promise<Scratch & { image: Image; archive: string }> {
  const own = await scratch(t);
  const layout = new Layout();
  const lower = tarOf({ 'etc/os-release': 'ID=test\n', gone: 'x', 'bin/sh': { link: '/bin/busybox' } });
  const upper = tarOf({ '.wh.gone': '', 'n\u00e4me': 'utf-8', ['long/'.repeat(60) + 'file']: 'deep' });
  const platform = { os: 'linux', architecture: hostArchitecture() };
  const config = { ...platform, created: '2024-01-01T00:00:00Z', config: { Cmd: ['/bin/sh'], Env: ['A=b'] } };
  const entry = layout.image([lower, upper], config, named('peers:1'));
  const first = `${own.directory}/first.tar`;
  fs.writeFileSync(first, layout.tar([entry]));
  await load(own, first);
  const archive = `${own.directory}/image.tar`;
  await save(own, 'peers:1', archive);
  return { ...own, archive, image: await own.graph.resolve('peers:1') };
}

test('skopeo reads the content store itself', { skip: missing('skopeo') }, async t => {
  const { directory, image } = await original(t);
  const inspected = JSON.parse(peer('skopeo', 'inspect', `oci:${directory}/graph/content:peers:1`)) as {
    Digest: string;
    Layers: string[];
  };
  assert.equal(inspected.Digest, image.manifest);
  assert.deepEqual(inspected.Layers, image.config.rootfs.diff_ids);
});

test('an image goes through skopeo and comes back the same', { skip: missing('skopeo') }, async t => {
  const { directory, archive, image } = await original(t);
  peer('skopeo', 'copy', '--preserve-digests', `oci-archive:${archive}`, `oci:${directory}/layout:peers`);
  peer(
    'skopeo',
    'copy',
    '--preserve-digests',
    `oci:${directory}/layout:peers`,
    `oci-archive:${directory}/back.tar`,
  );
  const other = await scratch(t);
  await load(other, `${directory}/back.tar`);
  assert.equal((await other.graph.resolve(image.id)).manifest, image.manifest);
});

test("an image goes through skopeo's docker-archive and keeps its id", {
  skip: missing('skopeo'),
}, async t => {
  const { directory, archive, image } = await original(t);
  peer('skopeo', 'copy', `docker-archive:${archive}`, `docker-archive:${directory}/back.tar:peers:2`);
  const other = await scratch(t);
  await load(other, `${directory}/back.tar`);
  assert.equal((await other.graph.resolve('peers:2')).id, image.id);
});

for (const format of ['oci-archive', 'docker-archive']) {
  test(`an image goes through podman as ${format} and comes back the same`, {
    skip: missing('podman'),
  }, async t => {
    const { directory, archive, image } = await original(t);
    const podman = (...args: string[]) =>
      peer(
        'podman',
        `--root=${directory}/podman`,
        `--runroot=${directory}/run`,
        '--storage-driver=vfs',
        ...args,
      );
    podman('load', '-q', '-i', archive);
    assert.match(podman('images', '--no-trunc', '-q'), new RegExp(image.id));
    podman('save', '-q', '--format', format, '-o', `${directory}/back.tar`, 'docker.io/library/peers:1');
    const other = await scratch(t);
    await load(other, `${directory}/back.tar`);
    const back = await other.graph.resolve('peers:1');
    assert.equal(back.id, image.id);
    if (format === 'oci-archive') assert.deepEqual(back.config.rootfs, image.config.rootfs);
  });
}

test('umoci unpacks an image, and its repacked one is loaded', {
  skip: missing('umoci') || missing('skopeo'),
}, async t => {
  const { directory, archive, image } = await original(t);
  peer('skopeo', 'copy', '--preserve-digests', `oci-archive:${archive}`, `oci:${directory}/layout:peers`);
  peer('umoci', 'unpack', '--image', `${directory}/layout:peers`, `${directory}/bundle`);
  assert.equal(fs.readFileSync(`${directory}/bundle/rootfs/etc/os-release`, 'utf8'), 'ID=test\n');
  assert.equal(fs.existsSync(`${directory}/bundle/rootfs/gone`), false);
  fs.writeFileSync(`${directory}/bundle/rootfs/added`, 'by umoci');
  peer('umoci', 'repack', '--image', `${directory}/layout:more`, `${directory}/bundle`);
  execFileSync('tar', ['-C', `${directory}/layout`, '-cf', `${directory}/back.tar`, '.']);
  const other = await scratch(t);
  await load(other, `${directory}/back.tar`);
  assert.equal((await other.graph.resolve(image.id)).manifest, image.manifest);
  const more = (await other.graph.list()).find(({ id }) => id !== image.id);
  const layer = await other.graph.createContainerLayer('c', more?.id ?? '');
  assert.equal(String(await layer.readFile('added')), 'by umoci');
});
