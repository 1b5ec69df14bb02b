/** `slipway registry serve` as a process: faults, other processes, the command line. */
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request as ask } from 'undici';
import { OCI_MANIFEST } from '../src/oci/image-spec.ts';
import { until } from '../src/base/testing/until.ts';
import { TestRegistry } from '../src/registry/server/testing/test-registry.ts';
import { type LoopFileSystem, MountedFileSystem, whyNot } from './fixtures/loop-file-system.ts';
import { RegistryProcess } from './fixtures/registry-process.ts';

/** How often the registry is killed; a full run has 200. */
const KILLS = Number(process.env.SLIPWAY_TEST_KILLS ?? 12);

const digestOf = (data: Uint8Array) => `sha256:${createHash('sha256').update(data).digest('hex')}`;

async function start(t: TestContext, ...flags: string[]): Promise<RegistryProcess> {
  const registry = new RegistryProcess(...flags);
  t.after(() => registry.dispose());
  await registry.start();
  return registry;
}

type Image = { repository: string; digest: string; blobs: string[] };

/** Pushes images, one after the other, until the registry is gone. */
class Pusher {
  readonly acknowledged: Image[] = [];
  readonly #repository: string;

  constructor(repository: string) {
    this.#repository = repository;
  }

  async run(base: string, agent: Agent): Promise<void> {
    try {
      for (;;) await this.#pushImage(base, agent);
    } catch {
      // It has been killed.
    }
  }

  async #pushImage(base: string, agent: Agent): Promise<void> {
    const blobs = [randomBytes(randomInt(1, 400_000)), randomBytes(randomInt(1, 2000))];
    for (const blob of blobs) await this.#pushBlob(base, agent, blob);
    const [layer, config] = blobs.map(data => ({
      mediaType: 'x/y',
      digest: digestOf(data),
      size: data.length,
    }));
    const manifest = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] }),
    );
    const url = `${base}/v2/${this.#repository}/manifests/t${this.acknowledged.length}`;
    await this.#send(agent, 'PUT', url, { body: manifest, type: OCI_MANIFEST });
    const image = { repository: this.#repository, digest: digestOf(manifest), blobs: blobs.map(digestOf) };
    this.acknowledged.push(image);
  }

  async #pushBlob(base: string, agent: Agent, data: Buffer): Promise<void> {
    let location = await this.#send(agent, 'POST', `${base}/v2/${this.#repository}/blobs/uploads/`, {});
    const middle = randomInt(0, data.length);
    if (middle > 0)
      location = await this.#send(agent, 'PATCH', base + location, { body: data.subarray(0, middle) });
    await this.#send(agent, 'PUT', `${base}${location}?digest=${digestOf(data)}`, {
      body: data.subarray(middle),
    });
  }

  async #send(
    agent: Agent,
    method: 'POST' | 'PUT' | 'PATCH',
    url: string,
    { body, type = 'application/octet-stream' }: { body?: Buffer; type?: string },
  ): Promise<string> {
    const {
      statusCode,
      headers,
      body: answer,
    } = await ask(url, {
      dispatcher: agent,
      method,
      headers: { 'content-type': type },
      ...(body && { body }),
    });
    const text = await answer.text();
    assert.ok(statusCode < 300, `${method} ${url}: ${statusCode} ${text}`);
    return String(headers.location);
  }
}

async function get(url: string): Promise<Buffer> {
  const { statusCode, body } = await ask(url);
  const data = Buffer.from(await body.arrayBuffer());
  assert.equal(statusCode, 200, `${url}: ${String(data)}`);
  return data;
}

async function assertWhole(base: string, { repository, digest, blobs }: Image): Promise<void> {
  assert.equal(digestOf(await get(`${base}/v2/${repository}/manifests/${digest}`)), digest);
  for (const blob of blobs) assert.equal(digestOf(await get(`${base}/v2/${repository}/blobs/${blob}`)), blob);
}

test('a registry that is killed at any moment of a push serves every acknowledged manifest whole', async t => {
  const registry = await start(t, '--gc-grace', '10m');
  const pushers = ['a', 'b/c', 'd'].map(name => new Pusher(name));
  const checked = new Set<Image>();
  for (let kill = 0; kill < KILLS; kill++) {
    const agent = new Agent();
    const base = `http://${registry.host}`;
    const runs = pushers.map(pusher => pusher.run(base, agent));
    await delay(randomInt(5, 400));
    await registry.kill();
    await agent.destroy();
    await Promise.all(runs);
    await registry.start();
    if (kill % 5 === 4) await registry.gc();
    for (const image of pushers.flatMap(({ acknowledged }) => acknowledged)) {
      if (checked.has(image)) continue;
      await assertWhole(`http://${registry.host}`, image);
      checked.add(image);
    }
  }
  await registry.gc();
  for (const image of checked) await assertWhole(`http://${registry.host}`, image);
  assert.equal(registry.output.includes('"level":50'), false, registry.output);
});

test('gc asks the registry that serves, and does it itself where none does', async t => {
  const registry = await start(t, '--gc-grace', '0s');
  const base = `http://${registry.host}`;
  const push = async (data: string) => {
    const { statusCode, body } = await ask(
      `${base}/v2/a/blobs/uploads/?digest=${digestOf(Buffer.from(data))}`,
      { method: 'POST', body: data },
    );
    await body.dump();
    assert.equal(statusCode, 201);
  };
  await push('data');
  await push('more');
  assert.match(
    await registry.gc('--dry-run'),
    /^(sha256:\w{64}\n){2}Would remove 0 tags, 0 manifests, 2 blobs, 0 uploads, and reclaim 8B\n$/,
  );
  assert.match(
    await registry.gc(),
    /Removed 0 tags, 0 manifests, 2 blobs, 0 uploads\nTotal reclaimed space: 8B\n$/,
  );
  await push('again');
  await registry.kill('SIGTERM');
  assert.match(await registry.gc('--gc-grace', '0s'), /Removed .* 1 blobs/);
});

test('gc of a directory without a registry says so', async t => {
  const registry = new RegistryProcess();
  t.after(() => registry.dispose());
  await assert.rejects(registry.gc(), /there is no registry in /);
});

const SMALL: LoopFileSystem = { type: 'ext4', sizeBytes: 24 * 1024 * 1024, makeOptions: ['-m', '0'] };

test('on a full disk a push is told so, nothing is broken, and there is room again after a deletion', {
  skip: whyNot(SMALL),
}, async t => {
  const disk = new MountedFileSystem(SMALL);
  const registry = await TestRegistry.start(t, {
    root: join(disk.directory, 'root'),
    graceMs: -1,
    gcIntervalMs: 0,
  });
  // After the registry is closed, which has been asked for first.
  t.after(() => disk.dispose());
  const image = await registry.pushImage('app', 'v1');
  const large = await registry.pushBlob('app', randomBytes(8_000_000));
  const begun = await registry.ask('POST /v2/app/blobs/uploads/');
  const location = String(begun.headers.location);
  const answer = await registry.ask(`PATCH ${location}`, { body: randomBytes(20_000_000) });
  assert.equal(answer.status, 507, String(answer.body));
  assert.match(String(answer.body), /"message":"no space left on device"/);
  // To what is there nothing has happened.
  assert.equal((await registry.ask('GET /v2/app/manifests/v1')).status, 200);
  assert.equal((await registry.ask(`GET /v2/app/blobs/${image.layer.digest}`)).status, 200);
  assert.equal((await registry.ask(`DELETE ${location}`)).status, 204);
  assert.equal((await registry.ask(`DELETE /v2/app/blobs/${large.digest}`)).status, 202);
  await registry.server.collectGarbage();
  await until(
    async () => (await registry.pushBlob('app', randomBytes(6_000_000)).catch(() => undefined)) !== undefined,
  );
  await registry.pushImage('app', 'v2');
});
