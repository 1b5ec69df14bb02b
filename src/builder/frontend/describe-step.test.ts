import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StageStep } from '../../dockerfile/instruction.ts';
import type { Healthcheck } from '../../oci/image-config.ts';
import { createdBy } from './describe-step.ts';

test('a health check is written into the history as Docker prints its structure', () => {
  const described = (healthcheck: Healthcheck, dialect: 'classic' | 'buildkit' = 'buildkit') =>
    createdBy({
      step: { kind: 'healthcheck', healthcheck } as StageStep,
      state: { config: { Healthcheck: healthcheck }, args: new Map(), declared: new Set() },
      variables: new Map(),
      command: [],
      dialect,
      escape: '\\',
    });
  const Test = ['CMD-SHELL', 'true'];
  assert.equal(
    described({ Test, Interval: 5e9 }),
    String.raw`HEALTHCHECK &{["CMD-SHELL" "true"] "5s" "0s" "0s" "0s" '\x00'}`,
  );
  assert.equal(
    described({ Test: ['NONE'] }, 'classic'),
    String.raw`/bin/sh -c #(nop)  HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\x00'}`,
  );
  const retries = (Retries: number) =>
    /'.*'/.exec(described({ Test, Interval: 90e9, Timeout: 1.5e9, Retries }))?.[0];
  assert.deepEqual([3, 7, 10, 39, 65, 92, 127, 2 ** 31].map(retries), [
    `'\\x03'`,
    `'\\a'`,
    `'\\n'`,
    `'\\''`,
    `'A'`,
    `'\\\\'`,
    `'\\x7f'`,
    `'\ufffd'`,
  ]);
});
