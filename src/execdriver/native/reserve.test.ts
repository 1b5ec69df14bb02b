import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Reserve } from './reserve.ts';
import { until } from '../../base/testing/until.ts';

function counting(size: number) {
  const state = { made: 0, fails: false, discarded: [] as number[] };
  const reserve = new Reserve({
    make: async () => {
      if (state.fails) throw new Error('none to be had');
      return ++state.made;
    },
    discard: one => state.discarded.push(one),
    size,
  });
  return { state, reserve };
}

test('what is taken is new, until a reserve has been made', async () => {
  const { state, reserve } = counting(2);
  assert.equal(await reserve.take(), 1);
  await delay(10);
  assert.equal(state.made, 1);
  reserve.refill();
  reserve.refill();
  await until(() => state.made === 3);
  await delay(10);
  assert.equal(state.made, 3);
  assert.deepEqual([await reserve.take(), await reserve.take(), await reserve.take()], [3, 2, 4]);
});

test('one that has ended by itself is made anew, and those left over are discarded in the end', async () => {
  const { state, reserve } = counting(2);
  reserve.refill();
  await until(() => state.made === 2);
  reserve.forget(1);
  reserve.forget(77);
  reserve.refill();
  await until(() => state.made === 3);
  reserve.close();
  reserve.close();
  assert.deepEqual(state.discarded, [2, 3]);
});

test('take throws the reason when none can be made in advance; one that comes after close is discarded', async () => {
  const { state, reserve } = counting(1);
  state.fails = true;
  reserve.refill();
  await delay(10);
  await assert.rejects(reserve.take(), /none to be had/);
  state.fails = false;
  reserve.refill();
  await until(() => state.made === 1);
  assert.equal(await reserve.take(), 1);
  reserve.refill();
  reserve.close();
  await delay(10);
  assert.deepEqual([state.made, state.discarded], [1, []]);
});
