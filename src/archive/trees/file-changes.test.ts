import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeChanges, encodeChanges, type FileChange } from './file-changes.ts';

test('changes are what they were before they passed from thread to thread', async () => {
  const changes: FileChange[] = [
    { path: '/etc', kind: 'modified' },
    { path: '/etc/a new\nline', kind: 'added' },
    { path: '/D', kind: 'deleted' },
  ];
  assert.deepEqual(await decodeChanges(encodeChanges(changes)), changes);
  assert.deepEqual(await decodeChanges(encodeChanges([])), []);
});

test('names of bytes become text', async () => {
  const path = Buffer.from('/grün').toString('latin1');
  assert.deepEqual(await decodeChanges(encodeChanges([{ path, kind: 'added' }])), [
    { path: '/grün', kind: 'added' },
  ]);
});
