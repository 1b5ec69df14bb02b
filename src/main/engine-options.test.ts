import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_DAEMON_FLAGS } from '../cli/daemon-flags.ts';
import { engineOptions } from './daemon.ts';

test('a daemon’s own log driver and options are checked before anything is opened', () => {
  engineOptions({ ...DEFAULT_DAEMON_FLAGS, logOptions: { 'max-file': '3' } });
  assert.throws(() => engineOptions({ ...DEFAULT_DAEMON_FLAGS, logDriver: 'nosuch' }), {
    kind: 'invalid-parameter',
    message: 'error looking up logging plugin nosuch: plugin "nosuch" not found',
  });
  assert.throws(() => engineOptions({ ...DEFAULT_DAEMON_FLAGS, logOptions: { foo: 'x' } }), {
    message: "unknown log opt 'foo' for json-file log driver",
  });
});
