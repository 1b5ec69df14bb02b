import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, property, string } from 'fast-check';
import { parseChallenges } from './challenge.ts';

const asObjects = (header: string | string[] | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test('a bearer challenge has its parameters, quoted or not', () => {
  assert.deepEqual(
    asObjects(
      'Bearer realm="https://auth.docker.io/token",service=registry.docker.io,scope="repository:a/b:pull,push"',
    ),
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      ],
    ],
  );
});

test('several challenges are told apart, in one header or in several', () => {
  const expected = [
    ['basic', { realm: 'a, b="c"' }],
    ['bearer', { realm: 'x' }],
  ];
  assert.deepEqual(asObjects('Basic realm="a, b=\\"c\\"", Bearer realm=x'), expected);
  assert.deepEqual(asObjects(['Basic realm="a, b=\\"c\\""', 'BEARER realm="x"']), expected);
});

test('what is malformed is no challenge, and ends', () => {
  assert.deepEqual(asObjects(undefined), []);
  assert.deepEqual(asObjects('"'), []);
  assert.deepEqual(asObjects('Bearer realm="unfinished'), [
    ['bearer', {}],
    ['realm', {}],
  ]);
  check(property(string(), text => parseChallenges(text).length <= text.length));
});
