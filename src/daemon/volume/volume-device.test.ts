import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkVolumeOptions, volumeDevice } from './volume-device.ts';

test('options of the local driver are checked in Docker’s words', () => {
  checkVolumeOptions(null);
  checkVolumeOptions({});
  checkVolumeOptions({ type: 'none', device: '/srv', o: 'bind' });
  const cases: [Record<string, string>, string][] = [
    [{ foo: 'bar' }, 'invalid option: "foo"'],
    [{ type: 'tmpfs' }, 'missing required option: "device"'],
    [{ device: '/srv' }, 'missing required option: "type"'],
    [{ o: 'ro' }, 'missing required option: "device"'],
    [{ size: 'foo' }, "invalid size: 'foo'"],
    [{ size: '1m' }, 'quota size requested but no quota support'],
  ];
  for (const [options, message] of cases)
    assert.throws(() => checkVolumeOptions(options), { kind: 'invalid-parameter', message });
});

test('a volume stands for a directory, a file system, or nothing else', () => {
  assert.equal(volumeDevice(null), undefined);
  assert.deepEqual(volumeDevice({ type: 'none', device: '/srv', o: 'rbind,ro' }), {
    isDirectory: true,
    source: '/srv',
    type: 'none',
    options: ['rbind', 'ro'],
  });
  assert.deepEqual(volumeDevice({ type: 'tmpfs', device: 'tmpfs', o: 'size=1m,' }), {
    isDirectory: false,
    source: 'tmpfs',
    type: 'tmpfs',
    options: ['size=1m'],
  });
});
