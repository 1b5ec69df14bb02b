import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatIpcMode,
  formatNetworkMode,
  formatPidMode,
  parseIpcMode,
  parseNetworkMode,
  parsePidMode,
} from './namespace-modes.ts';

test('network modes are read once, and written as they were', () => {
  for (const text of ['bridge', 'host', 'none', 'container:abc', 'my-network', 'container'])
    assert.equal(formatNetworkMode(parseNetworkMode(text)), text);
  for (const text of ['', 'default']) assert.deepEqual(parseNetworkMode(text), { kind: 'bridge' });
  assert.deepEqual(parseNetworkMode('container:abc'), { kind: 'container', id: 'abc' });
  assert.deepEqual(parseNetworkMode('my-network'), { kind: 'network', name: 'my-network' });
});

test('so are those of PID and IPC namespaces', () => {
  for (const text of ['', 'host', 'container:abc']) assert.equal(formatPidMode(parsePidMode(text)), text);
  for (const text of ['none', 'private', 'shareable', 'host', 'container:abc'])
    assert.equal(formatIpcMode(parseIpcMode(text)), text);
});
