import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlatform } from './parse-platform.ts';
import { doesFor, formatPlatform, hostArchitecture } from './platform.ts';

const host = hostArchitecture();
const PARSED: [string, string][] = [
  ['linux', `linux/${host}`],
  ['windows', `windows/${host}`],
  ['macos', `darwin/${host}`],
  ['x86_64', 'linux/amd64'],
  ['386', 'linux/386'],
  ['armhf', 'linux/arm'],
  ['armel', 'linux/arm/v6'],
  ['LINUX/ARM64', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64/v8'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/amd64/v2', 'linux/amd64/v2'],
  ['linux(1)/constructor', 'linux/constructor'],
];

for (const [text, expected] of PARSED)
  test(`the platform ${text} is ${expected}`, () =>
    assert.equal(formatPlatform(parsePlatform(text)), expected));

const REFUSED: [string, RegExp][] = [
  ['foo', /^"foo": unknown operating system or architecture: invalid argument$/],
  ['constructor', /^"constructor": unknown/],
  [
    'linux/@',
    /^"@" is an invalid component of "linux\/@": platform specifier component must match "\^\[A-Za-z0-9_.-\]\+\$": invalid/,
  ],
  ['linux/', /^"" is an invalid component/],
  ['@/x', /^"@" is an invalid OS component of "@\/x": OSAndVersion specifier component must match "\^\(/],
  ['*', /^"\*": wildcards not yet supported/],
  ['linux/a/b/c', /^"linux\/a\/b\/c": cannot parse platform specifier: invalid argument$/],
  ['x'.repeat(1 << 20), /cannot parse/],
];

for (const [text, message] of REFUSED)
  test(`the platform ${text.slice(0, 20)} is refused`, () =>
    assert.throws(() => parsePlatform(text), { kind: 'invalid-parameter', message }));

test('an image does for a platform of the same architecture, unless both name different variants', () => {
  const does = (image: string, wanted: string) => doesFor(parsePlatform(image), parsePlatform(wanted));
  assert.ok(does('linux/arm64', 'linux/arm64/v9'));
  assert.ok(does('linux/arm/v6', 'linux/arm'));
  assert.ok(!does('linux/arm/v6', 'linux/arm/v5'));
  assert.ok(!does('linux/arm64', 'linux/amd64'));
});
