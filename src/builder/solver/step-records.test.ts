import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from './operation-key.ts';
import { StepRecords } from './step-records.ts';

test('what is kept of steps is bounded, in number and in bytes, and the oldest is forgotten first', t => {
  const records = new StepRecords(':memory:');
  t.after(() => records.close());
  t.mock.timers.enable({ apis: ['Date'] });
  const operation: Operation = { kind: 'run', key: `sha256:${'0'.repeat(64)}`, inputs: { command: 'a' } };
  const step = (name: string) => ({ project: 'p', stage: '0', instruction: `RUN ${name}`, place: 0 });
  const isKnown = (name: string) => records.reason(step(name), operation).startsWith('nothing has changed');
  const record = (name: string) => {
    t.mock.timers.tick(1);
    records.record(step(name), operation);
    records.trim();
  };
  record('first');
  for (let index = 0; index < 31; index++) record(index + 'x'.repeat(1024 * 1024));
  assert.ok(isKnown('first'));
  record('y'.repeat(1024 * 1024));
  assert.ok(!isKnown('first'));
  assert.ok(isKnown('y'.repeat(1024 * 1024)));
  for (let index = 0; index < 5000; index++) {
    t.mock.timers.tick(1);
    records.record(step(String(index)), operation);
  }
  records.trim();
  assert.ok(isKnown('0') && isKnown('4999'));
  record('last');
  assert.ok(!isKnown('0') && isKnown('1') && isKnown('last'));
});
