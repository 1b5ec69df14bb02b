import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageUrl } from './package-url.ts';

const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };

test('an image has a package URL with its registry, its tag or digest and its platform', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  assert.equal(packageUrl('alpine', platform), 'pkg:docker/alpine@latest?platform=linux%2Farm64%2Fv8');
  assert.equal(packageUrl('a/b:1', platform), 'pkg:docker/a/b@1?platform=linux%2Farm64%2Fv8');
  assert.equal(
    packageUrl(`localhost:5000/x@${digest}`, platform),
    `pkg:docker/localhost:5000/x?digest=sha256%3A${'a'.repeat(64)}&platform=linux%2Farm64%2Fv8`,
  );
});
