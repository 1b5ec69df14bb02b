import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRunDevice } from './run-device.ts';

test('a device is named alone or by a key, and may be required', () => {
  assert.deepEqual(parseRunDevice('vendor.com/gpu=all'), { name: 'vendor.com/gpu=all', required: false });
  assert.deepEqual(parseRunDevice('vendor.com/gpu,required'), { name: 'vendor.com/gpu', required: true });
  assert.deepEqual(parseRunDevice('required=false,name=x/y'), { name: 'x/y', required: false });
});

test('a device without a name, with an unknown key or a value that is no flag is refused', () => {
  assert.throws(() => parseRunDevice('required'), /device name must be set/);
  assert.throws(() => parseRunDevice('x/y,requird'), /unexpected key 'requird' in 'requird'/);
  assert.throws(() => parseRunDevice('x/y,required=maybe'), /invalid value for required: maybe/);
});
