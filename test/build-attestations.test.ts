/** What builds say of themselves beside their images. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Index, Manifest } from '../src/oci/image-spec.ts';
import { clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

const DOCKERFILE = 'FROM busybox\nARG SECRET\nCOPY f /f\n';

const build = (options: Record<string, string>, type = 'oci', Dockerfile = DOCKERFILE) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    options,
    exporter: { type, attributes: { name: 'a/b:1' } },
    directories: { dockerfile: { Dockerfile }, context: { f: 'content' } },
  });

type Statement = {
  predicateType: string;
  subject: { name: string; digest: { sha256: string } }[];
  predicate: Record<string, unknown>;
};

/** The image in an archive: what its index names, and the statements that are beside it. */
async function attested(options: Record<string, string>) {
  const { exported } = await build(options);
  const directory = fs.mkdtempSync(join(daemon.base, 'export-'));
  execFileSync('tar', ['-x'], { cwd: directory, input: exported['0']?.data });
  const read = (digest: string): unknown =>
    JSON.parse(fs.readFileSync(join(directory, 'blobs', digest.replace(':', '/')), 'utf8'));
  const layout = JSON.parse(fs.readFileSync(join(directory, 'index.json'), 'utf8')) as Index;
  const top = read(layout.manifests[0]?.digest ?? '') as Partial<Index & Manifest>;
  const [image, about] = top.manifests ?? [];
  const statements =
    about === undefined
      ? []
      : (read(about.digest) as Manifest).layers.map(({ digest, annotations }) => ({
          annotations,
          statement: read(digest) as Statement,
        }));
  return { top, image, about, statements };
}

test('without provenance an image is one manifest', async () => {
  const { top } = await attested({});
  assert.ok(top.layers !== undefined && top.manifests === undefined);
  const { top: disabled } = await attested({ 'attest:provenance': 'disabled=true' });
  assert.ok(disabled.layers !== undefined);
});

test('provenance is beside the image in an index, and tells nothing of arguments when it is minimal', async () => {
  const { image, about, statements } = await attested({
    'attest:provenance': 'mode=min,inline-only=true',
    'build-arg:SECRET': 'hidden',
  });
  assert.deepEqual(image?.platform?.os, 'linux');
  assert.deepEqual(about?.platform, { architecture: 'unknown', os: 'unknown' });
  assert.deepEqual(about?.annotations, {
    'vnd.docker.reference.digest': image?.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  });
  const [{ annotations, statement } = assert.fail()] = statements;
  assert.deepEqual(annotations, { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' });
  const [subject] = statement.subject;
  assert.equal(`sha256:${subject?.digest.sha256}`, image?.digest);
  assert.match(subject?.name ?? '', /^pkg:docker\/a\/b@1\?platform=linux%2F/);
  assert.doesNotMatch(JSON.stringify(statement), /hidden|SECRET/);
  const { materials } = statement.predicate as { materials: { uri: string }[] };
  assert.match(materials[0]?.uri ?? '', /^pkg:docker\/busybox@latest\?platform=/);
});

test('provenance tells of arguments and the Dockerfile where all of it is wanted, in both versions', async () => {
  for (const version of ['v0.2', 'v1']) {
    const { statements } = await attested({
      'attest:provenance': `mode=max,version=${version},builder-id=https://ci`,
      'build-arg:SECRET': 'told',
      'vcs:revision': 'abc',
    });
    const text = JSON.stringify(statements[0]?.statement);
    assert.equal(statements[0]?.statement.predicateType, `https://slsa.dev/provenance/${version}`);
    const data = Buffer.from(DOCKERFILE).toString('base64');
    for (const part of ['"build-arg:SECRET":"told"', data, '"vcs":{"revision":"abc"}', '"id":"https://ci"'])
      assert.ok(text.includes(part), `${part} in ${text}`);
  }
});

test('a scanner image looks at the result, and what it says is beside the image', async () => {
  const script = `printf '{"predicateType":"https://spdx.dev/Document","predicate":{"f":"%s"}}' \\
    "$(cat $BUILDKIT_SCAN_SOURCE/f)" > $BUILDKIT_SCAN_DESTINATION/x.spdx.json; echo scanned`;
  await clientBuild(join(daemon.base, 'slipway.sock'), {
    exporter: { type: 'moby', attributes: { name: 'scanner' } },
    directories: {
      dockerfile: { Dockerfile: `FROM busybox\nENTRYPOINT ${JSON.stringify(['sh', '-c', script])}` },
      context: {},
    },
  });
  const { image, statements } = await attested({ 'attest:sbom': 'generator=scanner' });
  const [{ statement } = assert.fail()] = statements;
  assert.equal(statement.predicateType, 'https://spdx.dev/Document');
  assert.deepEqual(statement.predicate, { f: 'content' });
  assert.equal(`sha256:${statement.subject[0]?.digest.sha256}`, image?.digest);
});

test("what cannot be attested is refused: unknown types, and Docker's archives that have no place for it", async () => {
  await assert.rejects(build({ 'attest:other': '' }), /unknown attestation type "other"/);
  await assert.rejects(build({ 'attest:provenance': 'mode=some' }), /invalid mode "some"/);
  await assert.rejects(build({ 'attest:provenance': 'mode=max' }, 'docker'), /exporting manifest lists/);
  const { exported } = await build({ 'attest:provenance': 'mode=min,inline-only=true' }, 'docker');
  assert.ok((exported['0']?.data.length ?? 0) > 0);
});
