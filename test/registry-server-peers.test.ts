/**
 * Our registry with the field's clients. Tools that are not installed are skipped; PEER_COMMAND may name a program that
 * runs its arguments where they are (and PEER_TMP what /tmp is called there).
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { OCI_INDEX, OCI_MANIFEST } from '../src/oci/image-spec.ts';
import { TestRegistry } from '../src/registry/server/testing/test-registry.ts';
import { Layout, tarOf } from './fixtures/image-archives.ts';

const run = promisify(execFile);
const command = (process.env.PEER_COMMAND ?? '').split(' ').filter(Boolean);
const peerTmp = process.env.PEER_TMP ?? '/tmp';

/** Runs a tool; paths below /tmp are changed to what they are called there. */
async function peer(...args: string[]): Promise<string> {
  const there = args.map(arg => arg.replace(/(^|[:=])\/tmp\//g, `$1${peerTmp}/`));
  const [program = '', ...rest] = [...command, ...there];
  const { stdout } = await run(program, rest, { encoding: 'utf8' });
  return stdout;
}

function missing(tool: string): string | false {
  try {
    execFileSync('env', [...command, tool, '--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return `${tool} is not installed`;
  }
}

type Scratch = { registry: TestRegistry; directory: string; layout: string };

/** A registry, and an OCI layout with an image of a large and a small layer. */
async function scratch(t: TestContext): Promise<Scratch> {
  const directory = mkdtempSync('/tmp/slipway-registry-peers-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const registry = await TestRegistry.start(t);
  const layout = join(directory, 'layout');
  const layers = [tarOf({ 'bin/data': randomBytes(9_000_000) }), tarOf({ hello: 'world' })];
  const content = new Layout();
  const config = { os: 'linux', architecture: 'amd64', config: { Cmd: ['/bin/data'] } };
  writeLayout(layout, content.tar([content.image(layers, config)]));
  return { registry, directory, layout };
}

function writeLayout(directory: string, archive: Buffer): void {
  mkdirSync(directory);
  execFileSync('tar', ['-x', '-C', directory], { input: archive });
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

test('skopeo pushes, inspects, lists, copies between repositories, deletes', {
  skip: missing('skopeo'),
}, async t => {
  const { registry, layout, directory } = await scratch(t);
  const name = `docker://${registry.host}/team/app`;
  await peer('skopeo', 'copy', '--dest-tls-verify=false', `oci:${layout}`, `${name}:1`);
  const raw = await peer('skopeo', 'inspect', '--raw', '--tls-verify=false', `${name}:1`);
  const answer = await registry.ask('GET /v2/team/app/manifests/1');
  assert.equal(answer.headers['docker-content-digest'], digestOf(raw));
  // Docker's schema 2 too.
  await peer(
    'skopeo',
    'copy',
    '--format=v2s2',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    `${name}:1`,
    `docker://${registry.host}/other/app:2`,
  );
  await peer(
    'skopeo',
    'copy',
    '--src-tls-verify=false',
    `docker://${registry.host}/other/app:2`,
    `dir:${directory}/copy`,
  );
  const sizes = readdirSync(join(directory, 'copy')).map(
    file => statSync(join(directory, 'copy', file)).size,
  );
  assert.ok(Math.max(...sizes) > 9_000_000);
  const { Tags } = JSON.parse(await peer('skopeo', 'list-tags', '--tls-verify=false', name)) as {
    Tags: string[];
  };
  assert.deepEqual(Tags, ['1']);
  await peer('skopeo', 'delete', '--tls-verify=false', `${name}:1`);
  assert.equal((await registry.ask('GET /v2/team/app/manifests/1')).status, 404);
});

test('skopeo copies an index with all of its platforms', { skip: missing('skopeo') }, async t => {
  const { registry, directory } = await scratch(t);
  const content = new Layout();
  const images = ['amd64', 'arm64'].map(architecture => {
    const platform = { os: 'linux', architecture };
    return content.image([tarOf({ architecture })], platform, { platform });
  });
  writeLayout(join(directory, 'many'), content.tar([content.index(images)]));
  await peer(
    'skopeo',
    'copy',
    '--all',
    '--dest-tls-verify=false',
    `oci:${directory}/many`,
    `docker://${registry.host}/many:1`,
  );
  const answer = await registry.ask('GET /v2/many/manifests/1');
  assert.equal(answer.headers['content-type'], OCI_INDEX);
  // Their layers have been compressed on the way.
  const { manifests } = answer.json as { manifests: { digest: string }[] };
  assert.equal(manifests.length, 2);
  for (const { digest } of manifests)
    assert.equal(
      (await registry.ask(`HEAD /v2/many/manifests/${digest}`)).headers['content-type'],
      OCI_MANIFEST,
    );
});

for (const tool of ['podman', 'buildah'])
  test(`${tool} pulls what skopeo has pushed, and pushes it again`, {
    skip: missing('skopeo') || missing(tool),
  }, async t => {
    const { registry, layout, directory } = await scratch(t);
    const name = `${registry.host}/team/app`;
    await peer('skopeo', 'copy', '--dest-tls-verify=false', `oci:${layout}`, `docker://${name}:1`);
    mkdirSync(join(directory, 'run'));
    writeFileSync(join(directory, 'storage.conf'), '');
    const own = [
      '--root',
      `${directory}/storage`,
      '--runroot',
      `${directory}/run`,
      '--storage-driver',
      'vfs',
    ].map(text => text.replace(/^\/tmp\//, `${peerTmp}/`));
    await peer(tool, ...own, 'pull', '-q', '--tls-verify=false', `${name}:1`);
    await peer(tool, ...own, 'tag', `${name}:1`, `${name}:2`);
    await peer(tool, ...own, 'push', '-q', '--tls-verify=false', `${name}:2`);
    const tags = await registry.ask('GET /v2/team/app/tags/list');
    assert.deepEqual(tags.json, { name: 'team/app', tags: ['1', '2'] });
    await peer(tool, ...own, 'rmi', '-f', '-a');
    await peer(tool, ...own, 'pull', '-q', '--tls-verify=false', `${name}:2`);
  });

/** joe, with the password `secret` (bcrypt). */
const HTPASSWD = 'joe:$2b$05$w7ksedqbx5QNLUb01V9Tm.9ZbQSBdx1/ogRtKnfo6hgiWjq.UayEe\n';

for (const auth of ['basic', 'token'])
  test(`skopeo and podman log in (${auth}), push and pull what is private, and umoci unpacks it`, {
    skip: missing('skopeo') || missing('podman') || missing('umoci'),
  }, async t => {
    const { directory, layout } = await scratch(t);
    writeFileSync(join(directory, 'htpasswd'), HTPASSWD);
    const htpasswd = join(directory, 'htpasswd');
    // Content that no manifest names stays for a second only, and is looked for all the time.
    const gc = { graceMs: 1000, gcIntervalMs: 1000 };
    const registry = await TestRegistry.start(t, { htpasswd, usesTokens: auth === 'token', ...gc });
    const authFile = `--authfile=${directory}/auth.json`;
    const image = `docker://${registry.host}/team/app:1`;
    const plain = ['--tls-verify=false', authFile.replace('=/tmp/', `=${peerTmp}/`)];
    await assert.rejects(peer('skopeo', 'inspect', '--raw', ...plain, image), /unauthorized|denied/);
    const logIn = (tool: string, password: string) =>
      peer(tool, 'login', ...plain, '-u', 'joe', '-p', password, registry.host);
    for (const tool of ['skopeo', 'podman']) {
      await assert.rejects(logIn(tool, 'wrong'), /invalid username\/password/);
      assert.match(await logIn(tool, 'secret'), /Login Succeeded/);
    }
    const own = ['--dest-tls-verify=false', '--src-tls-verify=false', plain[1] ?? ''];
    await peer('skopeo', 'copy', ...own, `oci:${layout}`, image);
    await peer('skopeo', 'copy', ...own, image, `docker://${registry.host}/team/other:1`);
    await peer('skopeo', 'copy', ...own, `docker://${registry.host}/team/other:1`, `oci:${directory}/back:1`);
    await peer('umoci', 'unpack', '--rootless', '--image', `${directory}/back:1`, `${directory}/bundle`);
    assert.equal(readFileSync(join(directory, 'bundle/rootfs/hello'), 'utf8'), 'world');
    await peer('skopeo', 'logout', plain[1] ?? '', registry.host);
    await assert.rejects(peer('skopeo', 'inspect', '--raw', ...plain, image), /unauthorized|denied/);
  });
