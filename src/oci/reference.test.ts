import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalString, familiarString, newName, parseReference, withDefaultTag } from './reference.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

const NAMES: [string, string, string][] = [
  ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['index.docker.io/library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['user/app', 'docker.io/user/app:latest', 'user/app:latest'],
  ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
  ['localhost:5000/a/b:t', 'localhost:5000/a/b:t', 'localhost:5000/a/b:t'],
  ['HOST/app', 'HOST/app:latest', 'HOST/app:latest'],
  ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
  [`quay.io/a/b@${DIGEST}`, `quay.io/a/b@${DIGEST}`, `quay.io/a/b@${DIGEST}`],
  [`a:t@${DIGEST}`, `docker.io/library/a:t@${DIGEST}`, `a:t@${DIGEST}`],
];

for (const [text, canonical, familiar] of NAMES) {
  test(`${text} means ${canonical}, shown as ${familiar}`, () => {
    const reference = withDefaultTag(parseReference(text));
    assert.equal(canonicalString(reference), canonical);
    assert.equal(familiarString(reference), familiar);
  });
}

const REFUSED: [string, string][] = [
  ['', 'invalid reference format'],
  ['-a', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['a:', 'invalid reference format'],
  ['a:b c', 'invalid reference format'],
  [`a:${'t'.repeat(129)}`, 'invalid reference format'],
  ['a@sha256:abc', 'invalid reference format'],
  ['Foo', 'invalid reference format: repository name (library/Foo) must be lowercase'],
  ['host.example/Foo:x', 'invalid reference format: repository name (Foo) must be lowercase'],
  [
    'ab'.repeat(32),
    `invalid repository name (${'ab'.repeat(32)}), cannot specify 64-byte hexadecimal strings`,
  ],
  ['a'.repeat(256), 'repository name must not be more than 255 characters'],
];

for (const [text, message] of REFUSED) {
  test(`${text.slice(0, 30) || 'an empty name'} is refused: ${message.slice(0, 50)}`, () => {
    assert.throws(() => parseReference(text), { kind: 'invalid-parameter', message });
  });
}

const NEW_NAMES: [string, string, string][] = [
  ['app', '', 'app:latest'],
  ['docker.io/library/app:1', '', 'app:1'],
  ['reg.io:5000/app:1', '2', 'reg.io:5000/app:2'],
  ['me/sha256', '', 'me/sha256:latest'],
];

for (const [repository, tag, expected] of NEW_NAMES)
  test(`${repository} with the tag "${tag}" is named ${expected}`, () =>
    assert.equal(familiarString(newName(repository, tag)), expected));

const NO_NAMES: [string, string, string][] = [
  ['a', 'b@d', 'invalid tag format'],
  [`a@${DIGEST}`, '', 'cannot import digest reference'],
  ['sha256', '', 'refusing to create an ambiguous tag using digest algorithm as name'],
  ['sha256:x', '', 'refusing to create an ambiguous tag using digest algorithm as name'],
  ['docker.io/library/sha256', 'x', 'refusing to create an ambiguous tag using digest algorithm as name'],
];

for (const [repository, tag, message] of NO_NAMES)
  test(`no image is named ${repository} with the tag "${tag}"`, () =>
    assert.throws(() => newName(repository, tag), { kind: 'invalid-parameter', message }));
