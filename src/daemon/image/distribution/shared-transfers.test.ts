import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SharedTransfers } from './shared-transfers.ts';

function transfers() {
  const disposed: string[] = [];
  return { disposed, shared: new SharedTransfers<string, number>(async value => void disposed.push(value)) };
}

function waiter(signal = new AbortController().signal) {
  const states: number[] = [];
  return { states, signal, onState: (state: number) => void states.push(state) };
}

test('one transfer serves all who wait for it, and is disposed of with the last', async () => {
  const { disposed, shared } = transfers();
  const { promise, resolve } = Promise.withResolvers<string>();
  const [one, two] = [waiter(), waiter()];
  let starts = 0;
  const start = (_signal: AbortSignal, onState: (state: number) => void) => {
    starts++;
    // Before there is anything to wait for.
    onState(1);
    return promise;
  };
  const joined = [shared.join('key', one, start), shared.join('key', two, start)];
  resolve('value');
  const [first, second] = await Promise.all(joined);
  assert.deepEqual([starts, one.states, two.states], [1, [1], [1]]);
  await first?.release();
  await first?.release();
  assert.deepEqual(disposed, []);
  await second?.release();
  assert.deepEqual(disposed, ['value']);
});

test('who goes takes nothing from the others; with the last one the transfer is given up', async () => {
  const { disposed, shared } = transfers();
  const controllers = [new AbortController(), new AbortController()];
  let given = false;
  const start = (signal: AbortSignal) =>
    new Promise<string>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        given = true;
        reject(signal.reason);
      });
    });
  const joined = controllers.map(({ signal }) => shared.join('key', waiter(signal), start));
  const settled = joined.map(promise => assert.rejects(promise));
  controllers[0]?.abort();
  await settled[0];
  assert.equal(given, false);
  controllers[1]?.abort();
  await settled[1];
  assert.equal(given, true);
  assert.deepEqual(disposed, []);
});

test('after a failure, and while one is being given up, the next who asks begins anew', async () => {
  const { shared } = transfers();
  await assert.rejects(
    shared.join('key', waiter(), () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  const controller = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const slow = shared.join('key', waiter(controller.signal), () => ended);
  controller.abort();
  await setImmediate();
  const next = shared.join('key', waiter(), async () => 'new');
  end('old');
  await assert.rejects(slow);
  assert.equal((await next).value, 'new');
});

test('who waited for another one’s failure tries for itself, once', async () => {
  const { shared } = transfers();
  const { promise, reject } = Promise.withResolvers<string>();
  const first = shared.join('key', waiter(), () => promise);
  const second = shared.join('key', waiter(), async () => 'own');
  const third = shared.join('key', waiter(), async () => 'too late');
  reject(new Error('not for you'));
  await assert.rejects(first, { message: 'not for you' });
  const values = (await Promise.all([second, third])).map(({ value }) => value);
  assert.deepEqual(new Set(values).size, 1);
});
