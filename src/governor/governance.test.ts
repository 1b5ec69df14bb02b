import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noGovernance, parseGovernance } from './governance.ts';

const parse = (options: Record<string, string>) =>
  parseGovernance(
    Object.fromEntries(Object.entries(options).map(([name, value]) => [`io.slipway.${name}`, value])),
  );

test('annotations of our prefix are read, others left alone', () => {
  assert.deepEqual(
    parseGovernance({
      'io.slipway.cpu-burst-policy': 'auto',
      'io.slipway.cfs-quota-burst-period': '-1',
      'com.example.qos': 'gold',
    }),
    { ...noGovernance(), burst: { policy: 'auto', cfsQuotaBurstPeriodSeconds: -1 } },
  );
});

test('a burst is a time or a share', () => {
  assert.deepEqual(parse({ 'cpu-burst': '20ms' }).cpuBurst, { us: 20_000 });
  assert.deepEqual(parse({ 'cpu-burst': '1.5ms' }).cpuBurst, { us: 1500 });
  assert.deepEqual(parse({ 'cpu-burst': '200%' }).cpuBurst, { percent: 200 });
  assert.deepEqual(parse({ 'cpu-burst': '0' }).cpuBurst, { us: 0 });
});

test('an empty value is as if it were not there', () => {
  assert.deepEqual(parse({ 'cpu-burst': '', qos: '' }), noGovernance());
});

test('lists are separated by commas', () => {
  const { sysctlAllow, pressureLimits } = parse({
    'sysctl-allow': 'net.core.*, kernel.domainname',
    'pressure-limit': 'memory=some:10:1s,cpu=full:5:2s',
  });
  assert.deepEqual(sysctlAllow, ['net.core.*', 'kernel.domainname']);
  assert.deepEqual(
    pressureLimits.map(({ resource }) => resource),
    ['memory', 'cpu'],
  );
  assert.throws(() => parse({ 'sysctl-allow': 'net/core' }), /want names of sysctls/);
  assert.throws(() => parse({ 'sysctl-allow': '*' }), /want names of sysctls/);
});

test('what is wrong is told with its name, its value and what would be right', () => {
  const messages: [Record<string, string>, string][] = [
    [{ 'cpu-burst-percent': '10001' }, 'invalid cpu-burst-percent "10001": want a number from 0 to 10000'],
    [
      { 'cfs-quota-burst-percent': '99' },
      'invalid cfs-quota-burst-percent "99": want a number from 100 to 100000',
    ],
    [
      { 'cfs-quota-burst-period': '1.5' },
      'invalid cfs-quota-burst-period "1.5": want a number from -1 to 31536000',
    ],
    [
      { 'cpu-burst-policy': 'all' },
      'invalid cpu-burst-policy "all": want one of none, cpuBurstOnly, cfsQuotaBurstOnly, auto',
    ],
    [{ qos: 'gold' }, 'invalid qos "gold": want one of none, latency-sensitive, best-effort'],
    [{ 'cpu-burst': '20' }, 'invalid cpu-burst "20": want a time (20ms) or a share of the limit (200%)'],
    [{ 'cpu-burst': '11s' }, 'invalid cpu-burst "11s": want no more than 10s'],
  ];
  for (const [options, message] of messages)
    assert.throws(() => parse(options), { kind: 'invalid-parameter', message });
  assert.throws(
    () => parse({ burts: '1' }),
    /^EngineError: unknown option io\.slipway\.burts: want one of cfs-/,
  );
});
