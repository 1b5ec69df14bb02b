import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpus } from './cpus.ts';
import { parseCsvLine } from './csv.ts';
import { formatHumanDuration, parseDuration } from './duration.ts';
import { parseImageName } from './image-name.ts';
import { formatBinarySize, formatSize, parseSize } from './size.ts';
import { parseTime } from './time.ts';
import { parseOperationsThrottle } from './throttle-device.ts';
import { parseUlimit } from './ulimit.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const AGES = [
  [0, 'Less than a second'],
  [SECOND, '1 second'],
  [59 * SECOND, '59 seconds'],
  [60 * SECOND, 'About a minute'],
  [120 * SECOND, '2 minutes'],
  [HOUR - SECOND, '59 minutes'],
  [HOUR, 'About an hour'],
  [1.6 * HOUR, '2 hours'],
  [47 * HOUR, '47 hours'],
  [2 * DAY, '2 days'],
  [13 * DAY, '13 days'],
  [14 * DAY, '2 weeks'],
  [59 * DAY, '8 weeks'],
  [60 * DAY, '2 months'],
  [729 * DAY, '24 months'],
  [730 * DAY, '2 years'],
] as const;

for (const [milliseconds, text] of AGES)
  test(`${milliseconds} ms are "${text}"`, () => assert.equal(formatHumanDuration(milliseconds), text));

test('sizes are shown in decimal units, memory in binary ones', () => {
  assert.deepEqual(
    [0, 999, 1000, 4_261_550, 117_000_000, 1e12].map(size => formatSize(size, 3)),
    ['0B', '999B', '1kB', '4.26MB', '117MB', '1TB'],
  );
  assert.equal(formatSize(4_261_550), '4.262MB');
  assert.equal(formatBinarySize(7_937_000), '7.569MiB');
});

test('sizes are read in powers of 1024', () => {
  assert.deepEqual(['1', '1b', '1k', '1KiB', '1.5 MB', '2g'].map(parseSize), [
    1,
    1,
    1024,
    1024,
    1.5 * 1024 ** 2,
    2 * 1024 ** 3,
  ]);
});

test('sizes and limits of 64 bits are exact', () => {
  assert.deepEqual(['4pb', '4611686018427387904', '9999pb'].map(parseSize), [
    4 * 1024 ** 5,
    2n ** 62n,
    -(2n ** 63n),
  ]);
  const most = 2n ** 63n - 1n;
  assert.deepEqual(parseUlimit(`core=${most}`), { Name: 'core', Hard: most, Soft: most });
  assert.deepEqual(parseOperationsThrottle('/dev/x:18446744073709551615').Rate, 2n ** 64n - 1n);
});

test('durations are read as Go reads them', () => {
  assert.deepEqual(
    ['0', '1h2m3s', '1.5s', '-2ms', '100us', '7ns'].map(parseDuration),
    [0, 3723e9, 1.5e9, -2e6, 1e5, 7],
  );
  assert.throws(() => parseDuration('x'), /time: invalid duration "x"/);
  assert.throws(() => parseDuration('1valueOf'), /time: unknown unit "valueOf" in duration "1valueOf"/);
});

test('CPUs are read exactly, in billionths', () => {
  assert.deepEqual(['1', '0.5', '.000000001', '1e-3', '3/2'].map(parseCpus), [1e9, 5e8, 1, 1e6, 1.5e9]);
});

test('CSV fields may be quoted', () => {
  assert.deepEqual(parseCsvLine('a,"b,""c""",'), ['a', 'b,"c"', '']);
});

test('times are durations ago, dates or seconds', () => {
  const now = Date.parse('2026-11-22T10:00:00Z');
  assert.equal(parseTime('10m', now), String(now / 1000 - 600).concat('.000000000'));
  assert.equal(parseTime('2026-11-22T10:00:00.5Z', now), `${now / 1000}.500000000`);
  assert.equal(parseTime('1700000000.25', now), '1700000000.25');
  assert.throws(() => parseTime('soon', now));
});

test('image names get their defaults', () => {
  assert.deepEqual(parseImageName('busybox'), {
    repository: 'docker.io/library/busybox',
    tag: 'latest',
    familiar: 'busybox:latest',
  });
  assert.deepEqual(parseImageName('localhost/a'), {
    repository: 'localhost/a',
    tag: 'latest',
    familiar: 'localhost/a:latest',
  });
  assert.equal(parseImageName('team/app:v1').repository, 'docker.io/team/app');
  assert.equal(parseImageName('host:5000/app:v1').familiar, 'host:5000/app:v1');
});
