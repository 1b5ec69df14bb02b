import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageConfig } from '../../../oci/image-config.ts';
import { checkPlatform } from './check-platform.ts';

const image = { os: 'linux', architecture: 'amd64' } as ImageConfig;

test('an image of the platform asked for is taken, by any of its names', () => {
  for (const platform of ['linux', 'amd64', 'x86_64', 'linux/amd64', 'Linux/x86_64', 'linux/amd64/v2'])
    checkPlatform(platform, 'x', image);
});

test('an image of another platform is not found, and what is no platform is refused', () => {
  assert.throws(() => checkPlatform('linux/arm64', 'x', image), {
    kind: 'not-found',
    message:
      'image with reference x was found but its platform (linux/amd64) does not match the specified platform (linux/arm64)',
  });
  assert.throws(() => checkPlatform('foo', 'x', image), {
    kind: 'invalid-parameter',
    message: '"foo": unknown operating system or architecture: invalid argument',
  });
  assert.throws(() => checkPlatform('constructor', 'x', image), {
    kind: 'invalid-parameter',
    message: '"constructor": unknown operating system or architecture: invalid argument',
  });
  assert.throws(() => checkPlatform('linux/constructor', 'x', image), { kind: 'not-found' });
  assert.throws(() => checkPlatform('a/b/c/d', 'x', image), { kind: 'invalid-parameter' });
});
