import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostDevices } from './host-devices.ts';

test('a device that is not there is told of in Docker’s words, of limits in others than of the devices to have', () => {
  assert.deepEqual(hostDevices.numbers('/dev/null'), { major: 1, minor: 3 });
  assert.throws(() => hostDevices.numbers('/dev/nosuch'), {
    kind: 'invalid-parameter',
    message: 'stat /dev/nosuch: no such file or directory',
  });
  assert.throws(() => hostDevices.find('/dev/nosuch'), {
    kind: 'invalid-parameter',
    message:
      'error gathering device information while adding custom device "/dev/nosuch": no such file or directory',
  });
});
