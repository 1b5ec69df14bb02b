import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunOutput, SharedRuns } from './shared-runs.ts';

const say = (text: string): RunOutput => ({ stream: 'stdout', data: Buffer.from(text) });

/** A run that ends when it is told to. */
function operation() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<{ signal: AbortSignal; tell: (output: RunOutput) => void }>();
  const state = { count: 0 };
  const run = async (signal: AbortSignal, tell: (output: RunOutput) => void): Promise<string> => {
    state.count++;
    begun.resolve({ signal, tell });
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
    return Promise.race([promise, aborted]);
  };
  return { run, finish: resolve, begun: begun.promise, state };
}

function client() {
  const controller = new AbortController();
  const heard: string[] = [];
  const listener = ({ data }: RunOutput): void => void heard.push(data.toString());
  return { leave: () => controller.abort(), heard, options: { signal: controller.signal, listener } };
}

test('what two want at once runs once, and who comes later hears all', async () => {
  const runs = new SharedRuns<string>();
  const [{ run, finish, begun, state }, first, second] = [operation(), client(), client()];
  const one = runs.run('key', first.options, run);
  const { tell } = await begun;
  tell(say('early'));
  const two = runs.run('key', second.options, run);
  tell(say('late'));
  finish('done');
  assert.deepEqual(await Promise.all([one, two]), ['done', 'done']);
  assert.deepEqual([first.heard, second.heard, state.count], [['early', 'late'], ['early', 'late'], 1]);
});

test('a run goes on while a build needs it; when the last one leaves it is ended, and cannot be joined', async () => {
  const runs = new SharedRuns<string>();
  const [{ run, begun }, first, second] = [operation(), client(), client()];
  const one = runs.run('key', first.options, run);
  const two = runs.run('key', second.options, run);
  const { signal } = await begun;
  first.leave();
  await assert.rejects(one, { name: 'AbortError' });
  assert.equal(signal.aborted, false);
  second.leave();
  await assert.rejects(two, { name: 'AbortError' });
  assert.equal(signal.aborted, true);
  const next = operation();
  const three = runs.run('key', client().options, next.run);
  next.finish('anew');
  assert.equal(await three, 'anew');
});

test('a failure reaches all, and is not kept', async () => {
  const runs = new SharedRuns<string>();
  const fail = () => Promise.reject(new Error('broken'));
  const both = [runs.run('key', client().options, fail), runs.run('key', client().options, fail)];
  for (const each of both) await assert.rejects(each, /broken/);
  assert.equal(await runs.run('key', client().options, async () => 'fine'), 'fine');
});
