import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGitReference, parseGitReference } from './git-reference.ts';

test('repositories are told from files at URLs as BuildKit tells them', () => {
  for (const text of [
    'https://host/x.git',
    'https://host/x.git#main:sub',
    'https://host/x.git?ref=main',
    'git@host:x/y',
    'ssh://git@host/x',
    'git://host/x',
    'github.com/x/y',
  ])
    assert.ok(isGitReference(text), text);
  for (const text of ['https://host/x.tar.gz', 'https://host/x', './x.git', 'x.git'])
    assert.ok(!isGitReference(text), text);
});

test('a reference says what of a repository is meant, by its fragment or by queries', () => {
  const of = (text: string) => {
    const { remote, ref, subdirectory, checksum } = parseGitReference(text);
    return [remote, ref, subdirectory, checksum];
  };
  assert.deepEqual(of('https://host/x.git#v1:a/b'), ['https://host/x.git', 'v1', 'a/b', '']);
  assert.deepEqual(of('https://host/x.git?tag=v1&subdir=s&checksum=abc'), [
    'https://host/x.git',
    'refs/tags/v1',
    's',
    'abc',
  ]);
  assert.deepEqual(of('git@host:x/y.git#:sub'), ['git@host:x/y.git', '', 'sub', '']);
  assert.deepEqual(of('github.com/x/y'), ['https://github.com/x/y', '', '', '']);
});

test('what git would take for an option, and protocols that reach the host, are refused', () => {
  for (const text of ['https://host/x.git#--upload-pack=x', 'git://h/x#a b', 'ext::sh.git', 'file:///x.git'])
    assert.throws(() => parseGitReference(text), { kind: 'invalid-parameter' }, text);
});
