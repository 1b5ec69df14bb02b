import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Digest } from '../../base/digest.ts';
import { OCI_MANIFEST } from '../../oci/image-spec.ts';
import { parseReference, type Reference, withDefaultTag } from '../../oci/reference.ts';
import { FakeRegistry } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';
import { checkImagePolicy } from './check-policy.ts';

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [OURS, THEIRS] = [pair(), pair()];
const pemOf = ({ publicKey }: { publicKey: KeyObject }) => publicKey.export({ type: 'spki', format: 'pem' });

type Signing = { digest: Digest; name?: string; key?: { privateKey: KeyObject }; type?: string };

/** As cosign writes them: the payload is a layer under the tag `sha256-HEX.sig`, its signature an annotation. */
function addSignature(
  registry: FakeRegistry,
  digest: Digest,
  { digest: signed, name, key = OURS, type = 'cosign container image signature' }: Signing,
): void {
  const identity = name === undefined ? {} : { 'docker-reference': name };
  const payload = Buffer.from(
    JSON.stringify({
      critical: { identity, image: { 'docker-manifest-digest': signed }, type },
      optional: null,
    }),
  );
  const signature = sign('sha256', payload, key.privateKey).toString('base64');
  registry.addManifest(`a:${digest.replace(':', '-')}.sig`, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: registry.addBlob(Buffer.from('{}')),
      size: 2,
    },
    layers: [
      {
        mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
        digest: registry.addBlob(payload),
        size: payload.length,
        annotations: { 'dev.cosignproject.cosign/signature': signature },
      },
    ],
  });
}

/** As cosign 3 writes them: a bundle that refers to the image, in a registry without a list of referrers. */
function addBundle(
  registry: FakeRegistry,
  digest: Digest,
  { digest: signed, name, key = OURS, type }: Signing,
): void {
  const payloadType = 'application/vnd.in-toto+json';
  const statement = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ ...(name && { name }), digest: { sha256: signed.slice(7) } }],
      predicateType: type ?? 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    }),
  );
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `),
    statement,
  ]);
  const sig = sign('sha256', encoded, key.privateKey).toString('base64');
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const bundle = Buffer.from(
    JSON.stringify({
      mediaType,
      verificationMaterial: { publicKey: { hint: 'x' } },
      dsseEnvelope: { payload: statement.toString('base64'), payloadType, signatures: [{ sig, keyid: '' }] },
    }),
  );
  const empty = Buffer.from('{}');
  const manifest = registry.addManifest('a:bundle', {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: mediaType,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: registry.addBlob(empty), size: 2 },
    layers: [{ mediaType, digest: registry.addBlob(bundle), size: bundle.length }],
  });
  registry.addIndex(`a:${digest.replace(':', '-')}`, [
    { ...manifest, artifactType: mediaType } as typeof manifest,
  ]);
}

type Place = { registry: FakeRegistry; digest: Digest; directory: string; key: string };

async function place(t: TestContext): Promise<Place> {
  const registry = await FakeRegistry.start(t);
  const { manifest } = registry.addImage('a:1', [Buffer.from('layer')]);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-policy-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const key = join(directory, 'key.pem');
  writeFileSync(key, pemOf(OURS));
  return { registry, digest: manifest.digest, directory, key };
}

async function check(t: TestContext, { registry, digest, directory }: Place, policy: unknown, name = 'a:1') {
  const policyFile = join(directory, 'policy.json');
  writeFileSync(policyFile, typeof policy === 'string' ? policy : JSON.stringify(policy));
  const reference = withDefaultTag(parseReference(`${registry.host}/${name}`));
  const repository = await openRepository(t, `${registry.host}/a`);
  await checkImagePolicy(repository, { reference, digest, policyFile });
}

const signed = (here: Place, signedIdentity?: object) => ({
  default: [{ type: 'sigstoreSigned', keyPath: here.key, ...(signedIdentity && { signedIdentity }) }],
});
const ANY_TAG = { type: 'matchRepository' };

test('the narrowest rule counts, and the refusal names it', async t => {
  const here = await place(t);
  const { host } = here.registry;
  const policy = {
    default: [{ type: 'reject' }],
    transports: {
      docker: {
        [host]: [{ type: 'insecureAcceptAnything' }],
        [`${host}/a`]: [{ type: 'reject' }],
        [`${host}/a:ok`]: [{ type: 'insecureAcceptAnything' }],
        '*.example.com': [{ type: 'insecureAcceptAnything' }],
      },
    },
  };
  await check(t, here, policy, 'other:1');
  await check(t, here, policy, 'a:ok');
  await assert.rejects(check(t, here, policy), {
    kind: 'forbidden',
    message: `image ${host}/a:1 is refused by the image policy (${join(here.directory, 'policy.json')}, rule docker: "${host}/a"): images of that name are rejected`,
  });
  const repository = await openRepository(t, `${host}/a`);
  const policyFile = join(here.directory, 'policy.json');
  const asked = (reference: Reference) =>
    checkImagePolicy(repository, { reference, digest: here.digest, policyFile });
  await asked(parseReference('registry.example.com/x:1'));
  await assert.rejects(asked(parseReference('busybox:1')), { message: /rule default/ });
});

test('without a policy everything may come', async t => {
  const { registry, digest } = await place(t);
  const repository = await openRepository(t, `${registry.host}/a`);
  const reference = parseReference(`${registry.host}/a:1`);
  await checkImagePolicy(repository, { reference, digest, policyFile: '/nonexistent/policy.json' });
});

test('a policy that cannot be understood accepts nothing', async t => {
  const here = await place(t);
  const accept = [{ type: 'insecureAcceptAnything' }];
  const cases: [unknown, RegExp][] = [
    ['{', /invalid image policy .*policy\.json/],
    [{}, /policy\.default is missing/],
    [{ default: [] }, /policy\.default is missing/],
    [{ default: accept, defaults: [] }, /unknown key "defaults"/],
    [{ default: [{ type: 'signedBy' }] }, /requirement of type "signedBy" is not supported/],
    [{ default: [{ type: 'sigstoreSigned' }] }, /needs keyPath/],
    [{ default: [{ type: 'sigstoreSigned', keypath: 'x' }] }, /unknown key "keypath"/],
    [{ default: [{ type: 'sigstoreSigned', keyPath: '/nonexistent' }] }, /key \/nonexistent: ENOENT/],
    [{ default: accept, transports: { docker: { [here.registry.host]: [] } } }, /has no requirement/],
    [signed(here, { type: 'matchAll' }), /signedIdentity of type "matchAll" is not supported/],
  ];
  for (const [policy, message] of cases)
    await assert.rejects(check(t, here, policy), { kind: 'system', message }, String(message));
  writeFileSync(here.key, OURS.privateKey.export({ type: 'sec1', format: 'pem' }));
  await assert.rejects(check(t, here, signed(here)), { kind: 'system', message: /it is a private key/ });
});

test('a signature counts by key, digest and name', async t => {
  const here = await place(t);
  const { registry, digest } = here;
  const name = `${registry.host}/a`;
  const other = `sha256:${'0'.repeat(64)}` as const;
  await assert.rejects(check(t, here, signed(here)), {
    kind: 'forbidden',
    message: /is required, but there is none/,
  });
  const cases: [Signing, object, RegExp | undefined][] = [
    [{ digest, name: `${name}:1` }, {}, undefined],
    [{ digest, name }, ANY_TAG, undefined],
    [{ digest, name: 'reg.io/b' }, { type: 'exactRepository', dockerRepository: 'reg.io/b' }, undefined],
    [{ digest, name: 'reg.io/b:2' }, { type: 'exactReference', dockerReference: 'reg.io/b:2' }, undefined],
    [
      { digest, name: 'reg.io/a:1' },
      { type: 'remapIdentity', prefix: registry.host, signedPrefix: 'reg.io' },
      undefined,
    ],
    [{ digest }, { type: 'matchDigest' }, undefined],
    [{ digest, name: `${name}:1`, key: THEIRS }, {}, /no signature is by a key of the rule/],
    [{ digest: other, name: `${name}:1` }, {}, /the signature is for sha256:0+, not for/],
    [
      { digest, name: `${name}:2` },
      {},
      /the signature is for .*a:2, expected .*a:1 \(matchRepoDigestOrExact\)/,
    ],
    [{ digest, name: `${registry.host}/b` }, ANY_TAG, /expected .*\/a \(matchRepository\)/],
    [{ digest, name: `${name}:1`, type: 'atomic container signature' }, {}, /is for something else/],
    [{ digest }, {}, /the signature is for no name/],
  ];
  for (const [signing, identity, refusal] of cases) {
    addSignature(registry, digest, signing);
    const checked = check(t, here, signed(here, Object.keys(identity).length === 0 ? undefined : identity));
    if (refusal === undefined) await checked;
    else await assert.rejects(checked, { kind: 'forbidden', message: refusal });
  }
});

test('a bundle counts that refers to the image, and says that it is one', async t => {
  const here = await place(t);
  const { registry, digest } = here;
  addBundle(registry, digest, { digest });
  await check(t, here, signed(here, { type: 'matchDigest' }));
  await assert.rejects(check(t, here, signed(here)), { message: /the signature is for no name/ });
  addBundle(registry, digest, { digest, name: `${registry.host}/a` });
  await check(t, here, signed(here, ANY_TAG));
  addBundle(registry, digest, { digest, key: THEIRS });
  await assert.rejects(check(t, here, signed(here, { type: 'matchDigest' })), {
    message: /by a key of the rule/,
  });
  addBundle(registry, digest, { digest, type: 'https://slsa.dev/provenance/v1' });
  await assert.rejects(check(t, here, signed(here, { type: 'matchDigest' })), {
    message: /for something else/,
  });
});

test('keys of every kind that cosign makes', async t => {
  const here = await place(t);
  const { registry, digest } = here;
  for (const key of [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ]) {
    addSignature(registry, digest, { digest, name: `${registry.host}/a:1`, key });
    const keyData = Buffer.from(pemOf(key)).toString('base64');
    await check(t, here, { default: [{ type: 'sigstoreSigned', keyData }] });
    await assert.rejects(check(t, here, signed(here)), { kind: 'forbidden' });
  }
});
