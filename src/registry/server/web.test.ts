import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { OCI_INDEX, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { sha256, TestRegistry } from './testing/test-registry.ts';

type Filled = { registry: TestRegistry; digest: string; index: string };

/** A repository with an image, an index, and an SBOM of the image. */
async function filled(t: TestContext): Promise<Filled> {
  const registry = await TestRegistry.start(t);
  const image = await registry.pushImage('team/app', 'v1');
  const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.size };
  await registry.pushImage('team/app', '', { subject, artifactType: 'application/spdx<json>' });
  const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...subject, platform }] };
  await registry.pushManifest('team/app', 'multi', index);
  return { registry, digest: image.digest, index: sha256(JSON.stringify(index)) };
}

async function read(registry: TestRegistry, path: string): Promise<string> {
  const answer = await registry.ask(`GET ${path}`);
  assert.equal(answer.status, 200, path);
  assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
  return answer.body.toString();
}

test('the command to pull has the name that the registry is known by', async t => {
  const registry = await TestRegistry.start(t, {
    externalUrl: 'https://registry.example/',
    trustedProxies: ['127.0.0.1'],
  });
  await registry.pushImage('team/app', 'v1');
  assert.match(await read(registry, '/ui/team%2Fapp'), /docker pull registry\.example\/team\/app:v1/);
  await registry.restart({ trustedProxies: ['127.0.0.1'] });
  const { body } = await registry.ask('GET /ui/team%2Fapp/v1', {
    headers: { 'x-forwarded-host': 'images.example' },
  });
  assert.match(body.toString(), /docker pull images\.example\/team\/app/);
});

test('pages list repositories, tags with platforms and sizes, layers, referrers and how to pull', async t => {
  const { registry, digest } = await filled(t);
  assert.match(await read(registry, '/ui/'), /<a href="\/ui\/team%2Fapp">team\/app<\/a>/);
  const tags = await read(registry, '/ui/team%2Fapp');
  assert.match(tags, /docker pull 127\.0\.0\.1:\d+\/team\/app:multi/);
  assert.match(tags, /<a href="\/ui\/team%2Fapp\/v1">v1<\/a>[^]*?<td class="number">\d+ B<\/td>/);
  assert.match(tags, /linux\/arm64\/v8/);
  const image = await read(registry, '/ui/team%2Fapp/v1');
  assert.match(image, new RegExp(`<code>${digest}</code>`));
  assert.match(image, /application\/spdx&lt;json&gt;/);
  assert.match(
    await read(registry, '/ui/team%2Fapp/multi'),
    new RegExp(`/ui/team%2Fapp/${encodeURIComponent(digest)}`),
  );
  assert.equal((await registry.ask('GET /')).headers.location, '/ui/');
});

test('what a manifest has of odd types is no error of a page', async t => {
  const { registry, digest } = await filled(t);
  const size = Number(
    (await registry.ask(`HEAD /v2/team/app/manifests/${digest}`)).headers['content-length'],
  );
  for (const platform of [null, 5, 'x', [], { os: null }]) {
    const manifests = [{ mediaType: OCI_MANIFEST, digest, size, platform }];
    const pushed = await registry.pushManifest('team/app', 'odd', {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests,
    });
    if (pushed.status !== 201) continue;
    for (const path of ['/ui/team%2Fapp', '/ui/team%2Fapp/odd']) await read(registry, path);
  }
});

test('paths that lead nowhere are 4xx', async t => {
  const { registry } = await filled(t);
  for (const path of [
    '/ui/none',
    '/ui/team%2Fapp/none',
    '/ui/%2e%2e',
    '/ui/team%2Fapp/%3Cscript%3E',
    '/ui/a/b/c',
  ])
    assert.match(String((await registry.ask(`GET ${path}`)).status), /^4/, path);
});

const CHROMIUM = process.env.CHROMIUM ?? 'chromium';

function missing(program: string): string | false {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return `${program} is not installed`;
  }
}

describe('in Chromium', { skip: missing(CHROMIUM) }, () => {
  async function chromium(t: TestContext, ...args: string[]): Promise<string> {
    const profile = mkdtempSync(join(tmpdir(), 'slipway-chromium-'));
    t.after(() => rmSync(profile, { recursive: true, force: true }));
    const always = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
    const { stdout } = await promisify(execFile)(CHROMIUM, [...always, ...args], { timeout: 120_000 });
    return stdout;
  }

  test('a page is what it is meant to be, with its style', async t => {
    const { registry } = await filled(t);
    const dom = await chromium(t, '--dump-dom', `http://${registry.host}/ui/team%2Fapp`);
    assert.match(dom, /<h1>team\/app<\/h1>/);
    assert.match(dom, /<a href="\/ui\/team%2Fapp\/v1">v1<\/a>/);
    const styled = await registry.ask('GET /ui/style.css');
    assert.match(styled.body.toString(), /color-scheme: light dark/);
  });
});
