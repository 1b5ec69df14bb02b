import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError, type ErrorKind } from '../base/errors.ts';
import { httpStatus } from '../http/http-status.ts';
import { fakeServer } from './testing/fake-server.ts';

const EXPECTED: Record<ErrorKind, number> = {
  'not-found': 404,
  'invalid-parameter': 400,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  'not-modified': 304,
  unavailable: 503,
  'resource-exhausted': 429,
  'not-implemented': 501,
  system: 500,
  cancelled: 500,
  'data-loss': 500,
};

for (const [kind, status] of Object.entries(EXPECTED)) {
  test(`an error of kind ${kind} goes out as ${status}`, async context => {
    const { ask, logged } = await fakeServer(context, {
      containerStart: async () => {
        throw new EngineError(kind as ErrorKind, 'the reason', { hint: 'do this' });
      },
    });
    const answer = await ask('POST /containers/c/start');
    assert.equal(answer.status, status);
    if (status === 304) assert.equal(answer.text, '');
    else assert.deepEqual(answer.json, { message: 'the reason', hint: 'do this' });
    assert.equal(logged.length, status === 500 && kind !== 'cancelled' ? 1 : 0);
  });
}

test('what is no engine error is a fault of the server, and is logged', async context => {
  assert.equal(httpStatus(new TypeError('oops')), 500);
  const { ask, logged } = await fakeServer(context, {
    info: () => Promise.reject(new TypeError('oops')),
  });
  const answer = await ask('GET /info');
  assert.deepEqual([answer.status, answer.json], [500, { message: 'oops' }]);
  assert.deepEqual(logged, ['GET /info: oops']);
});
