import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventMessage } from '../../api/types.ts';
import { nowNs } from './clock.ts';
import { EventBus } from './event-bus.ts';

function publish(bus: EventBus, Action: string, name = 'web'): void {
  bus.publish({ Type: 'container', Action, id: `${name}-id`, attributes: { image: 'busybox:1', name } });
}

async function collect(events: AsyncIterable<EventMessage>): Promise<string[]> {
  const actions = [];
  for await (const event of events) actions.push(event.Action);
  return actions;
}

test('past events are filtered by time and by what they say', async () => {
  const bus = new EventBus();
  publish(bus, 'create');
  publish(bus, 'exec_create: sh -c true');
  publish(bus, 'create', 'other');
  const options = { sinceNs: 0n, untilNs: nowNs(), signal: AbortSignal.timeout(5000) };
  const get = (filters: Record<string, string[]>) =>
    collect(bus.subscribe({ ...options, filters: new Map(Object.entries(filters)) }));
  assert.deepEqual(await get({}), ['create', 'exec_create: sh -c true', 'create']);
  assert.deepEqual(await get({ container: ['web'] }), ['create', 'exec_create: sh -c true']);
  assert.deepEqual(await get({ event: ['exec_create'] }), ['exec_create: sh -c true']);
  assert.deepEqual(await get({ image: ['busybox'], container: ['other'] }), ['create']);
  assert.deepEqual(await get({ type: ['network'] }), []);
  assert.deepEqual(await collect(bus.subscribe({ ...options, sinceNs: nowNs(), filters: new Map() })), []);
  const allUntilNow = await collect(bus.subscribe({ ...options, sinceNs: undefined, filters: new Map() }));
  assert.equal(allUntilNow.length, 3);
});

test('a subscriber sees events published after it subscribed, and leaves when aborted', async () => {
  const bus = new EventBus();
  const abort = new AbortController();
  const events = bus.subscribe({ filters: new Map(), signal: abort.signal });
  publish(bus, 'start');
  assert.equal((await events.next()).value?.Action, 'start');
  const waiting = events.next();
  publish(bus, 'die');
  assert.equal((await waiting).value?.Action, 'die');
  const last = events.next();
  abort.abort();
  assert.equal((await last).done, true);
  assert.equal(bus.listenerCount, 0);
});

test('container events carry the old fields too', async () => {
  const bus = new EventBus();
  publish(bus, 'start');
  const [event] = await Array.fromAsync(
    bus.subscribe({ sinceNs: 0n, untilNs: nowNs(), filters: new Map(), signal: AbortSignal.timeout(5000) }),
  );
  assert.equal(event?.status, 'start');
  assert.equal(event?.id, 'web-id');
  assert.equal(event?.from, 'busybox:1');
});

test('of events with megabytes of labels only so many are kept, and the newest always', async () => {
  const bus = new EventBus();
  const labels = { a: 'x'.repeat(3 << 20) };
  for (let index = 0; index < 40; index++)
    bus.publish({ Type: 'container', Action: `${index}`, id: 'id', attributes: {}, labels });
  const signal = AbortSignal.timeout(5000);
  const kept = await collect(bus.subscribe({ sinceNs: 0n, untilNs: nowNs(), filters: new Map(), signal }));
  assert.equal(kept.at(-1), '39');
  assert.ok(kept.length <= 6, `${kept.length} are kept`);
});

test('a subscriber that does not read is cut off, by the number of events and by their size', async () => {
  for (const [count, labels] of [
    [20_000, {}],
    [40, { a: 'x'.repeat(3 << 20) }],
  ] as const) {
    const bus = new EventBus();
    const events = bus.subscribe({ filters: new Map(), signal: AbortSignal.timeout(20_000) });
    for (let index = 0; index < count; index++)
      bus.publish({ Type: 'container', Action: `${index}`, id: 'id', attributes: {}, labels });
    const seen = await collect(events);
    assert.ok(seen.length < count, `${seen.length} of ${count}`);
    assert.equal(bus.listenerCount, 0);
  }
});
