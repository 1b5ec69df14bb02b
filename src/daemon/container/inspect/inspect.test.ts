import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime } from '../../model/clock.ts';
import { newState } from '../../model/container-record.ts';
import { humanDuration } from './human-duration.ts';
import { parseInterfaces } from './read-interfaces.ts';
import { statusText } from './status-text.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

test('durations read as Docker’s do', () => {
  const second = 1000;
  const hour = 3600 * second;
  const cases: [number, string][] = [
    [400, 'Less than a second'],
    [1999, '1 second'],
    [59 * second, '59 seconds'],
    [60 * second, 'About a minute'],
    [45 * 60 * second, '45 minutes'],
    [hour, 'About an hour'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [14 * 24 * hour, '2 weeks'],
    [60 * 24 * hour, '2 months'],
    [730 * 24 * hour, '2 years'],
  ];
  for (const [ms, text] of cases) assert.equal(humanDuration(ms), text);
});

test('the status of each state reads as docker ps prints it', () => {
  const startedAt = '2026-11-22T05:00:00Z';
  const finishedAt = '2026-11-22T05:00:10Z';
  const at = parseTime('2026-11-22T05:02:00Z');
  const text = (state: object): string => statusText({ ...newState(), startedAt, finishedAt, ...state }, at);
  assert.equal(text({ status: 'created' }), 'Created');
  assert.equal(text({ status: 'running' }), 'Up 2 minutes');
  assert.equal(text({ status: 'paused' }), 'Up 2 minutes (Paused)');
  assert.equal(text({ status: 'exited', exitCode: 3 }), 'Exited (3) About a minute ago');
  assert.equal(text({ status: 'restarting', exitCode: 1 }), 'Restarting (1) About a minute ago');
  const health = { Status: 'starting', FailingStreak: 0, Log: [] };
  assert.equal(text({ status: 'running', health }), 'Up 2 minutes (health: starting)');
  assert.equal(
    text({ status: 'running', health: { ...health, Status: 'healthy' } }),
    'Up 2 minutes (healthy)',
  );
});

test('interface counters are read by column, without loopback', () => {
  const text = `Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:     736       8    1    2    0     0          0         0      126       3    4    5    0     0       0          0
`;
  assert.deepEqual(parseInterfaces(text), {
    eth0: {
      rx_bytes: 736,
      rx_packets: 8,
      rx_errors: 1,
      rx_dropped: 2,
      tx_bytes: 126,
      tx_packets: 3,
      tx_errors: 4,
      tx_dropped: 5,
    },
  });
});

test('ps shows what an image was called as long as it is called so, and else its id', async t => {
  const engine = await TestDaemon.open(t);
  const [image] = await engine.graph.list();
  if (image === undefined) throw new TypeError('no image');
  engine.graph.resolve = async () => image;
  const id = image.id.slice('sha256:'.length);
  const names = ['box', 'box:latest', 'docker.io/library/box', id, id.slice(0, 12), image.id];
  for (const [index, Image] of names.entries()) await engine.create(`c${index}x`, { Image });
  const listed = async () => {
    const containers = await engine.backend.containerList({
      all: true,
      limit: 0,
      size: false,
      filters: new Map(),
    });
    return containers.map(({ Image }) => Image).toReversed();
  };
  assert.deepEqual(await listed(), names);
  engine.graph.list = async () => [{ ...image, repoTags: [] }];
  assert.deepEqual(await listed(), [image.id, image.id, image.id, id, id.slice(0, 12), image.id]);
  engine.graph.list = async () => [{ ...image, id: `sha256:${'f'.repeat(64)}` }];
  assert.equal((await listed())[0], image.id);
});
