import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tarEntry } from '../src/archive/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../src/archive/tar-writer.ts';
import { digestOf } from '../src/base/digest.ts';
import type { Graph } from '../src/graph/graph.ts';
import { openGraph } from '../src/graph/open-graph.ts';

const KILLS = 20;
const LAYERS = 4;

function tarOf(files: [string, Buffer][]): Buffer {
  const chunks = files.flatMap(([path, data]) => [
    encodeTarEntry(tarEntry({ path, size: data.length })),
    data,
    tarPadding(data.length),
  ]);
  return Buffer.concat([...chunks, TAR_END]);
}

/** An image of a few layers with a hundred files each. */
function imageArchive(): Buffer {
  const layers = Array.from({ length: LAYERS }, (_, layer) =>
    tarOf(Array.from({ length: 100 }, (_, index) => [`${layer}/${index}`, Buffer.alloc(5000, index)])),
  );
  const diffIds = layers.map(layer => digestOf(layer));
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const names = layers.map((_, index) => `${index}.tar`);
  const manifest = [{ Config: 'config.json', RepoTags: ['loaded:latest'], Layers: names }];
  return tarOf([
    ['config.json', Buffer.from(JSON.stringify(config))],
    ['manifest.json', Buffer.from(JSON.stringify(manifest))],
    ...layers.map((layer, index): [string, Buffer] => [names[index] as string, layer]),
  ]);
}

/** All content is there and undamaged, all layers can be mounted, and there is nothing else. */
async function checkWhole(graph: Graph, root: string): Promise<void> {
  const images = await graph.list();
  const expectedLayers = new Set(
    images.flatMap(({ chainIds }) => chainIds.map(id => id.slice('sha256:'.length))),
  );
  for (const image of images) {
    for await (const chunk of await graph.save([image.id])) assert.ok(chunk.length > 0);
    const id = `check-${image.id.slice(-12)}`;
    const layer = await graph.createContainerLayer(id, image.id);
    if (image.repoTags.includes('loaded:latest'))
      for (let index = 0; index < LAYERS; index++)
        assert.deepEqual(await layer.readFile(`/${index}/99`), Buffer.alloc(5000, 99));
    for await (const chunk of await graph.exportContainerLayer(id)) assert.ok(chunk.length > 0);
    await graph.removeContainerLayer(id);
  }
  for (const name of fs.readdirSync(`${root}/content/blobs/sha256`))
    assert.equal(digestOf(fs.readFileSync(`${root}/content/blobs/sha256/${name}`)), `sha256:${name}`);
  assert.deepEqual(fs.readdirSync(`${root}/content/ingest`), []);
  assert.deepEqual(fs.readdirSync(`${root}/overlay2/staging`), []);
  const names = fs.readdirSync(`${root}/overlay2`);
  const layers = names.filter(name => /^[0-9a-f]{64}$/.test(name));
  const containers = names.filter(name => name.startsWith('container-'));
  assert.ok(expectedLayers.isSubsetOf(new Set(layers)));
  // A container keeps the layer of an image whose name went to the next one; those images are listed, too.
  assert.equal(layers.length, expectedLayers.size);
  assert.ok(containers.length <= 3, containers.join());
  const links = fs.readdirSync(`${root}/overlay2/l`);
  assert.equal(links.length, layers.length);
  for (const container of containers) await graph.removeContainerLayer(container);
}

test(`a process killed at ${KILLS} random moments leaves whole images and nothing else`, async t => {
  const root = fs.mkdtempSync(`${tmpdir()}/slipway-crash-`);
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  fs.writeFileSync(`${root}/archive.tar`, imageArchive());
  for (let kill = 0; kill < KILLS; kill++) {
    const script = new URL('fixtures/graph-worker.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, `${root}/graph`, `${root}/archive.tar`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await sleep(Math.random() * 300);
    assert.equal(child.exitCode, null, 'it was at work until then');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const graph = await openGraph({ root: `${root}/graph` });
    try {
      await checkWhole(graph, `${root}/graph`);
    } finally {
      await graph.close();
    }
  }
});
