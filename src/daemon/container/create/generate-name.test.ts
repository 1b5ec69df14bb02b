import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateName } from './generate-name.ts';

test('generated names look like Docker’s, and avoid those taken', () => {
  assert.match(
    generateName(() => true),
    /^[a-z]+_[a-z]+$/,
  );
  assert.match(
    generateName(name => /\d/.test(name)),
    /^[a-z]+_[a-z]+\d+$/,
  );
});
