import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_BURST, type BurstSettings } from './burst-settings.ts';
import { drawSimulation } from './draw-simulation.ts';
import { parseTrace } from './parse-trace.ts';
import { simulateBurst, type TraceRow } from './simulate-burst.ts';

const simulate = (settings: Partial<BurstSettings>, trace: TraceRow[], sharePoolThreshold = 50) =>
  simulateBurst(trace, {
    settings: { ...DEFAULT_BURST, ...settings },
    limitCores: 1,
    cores: 16,
    sharePoolThreshold,
  });
const seconds = (count: number, demandCores: number, othersCores = 0): TraceRow[] =>
  Array.from({ length: count }, () => ({ demandCores, othersCores }));

test('without a policy the quota stays, and work that exceeds it waits', () => {
  const result = simulate({}, seconds(5, 2));
  assert.deepEqual(
    result.map(({ quotaCores, usedCores }) => [quotaCores, usedCores]),
    Array.from({ length: 5 }, () => [1, 1]),
  );
  assert.equal(Math.round(result.at(-1)!.backlog), 5);
  assert.ok(result.every(({ throttledPeriods }) => throttledPeriods === 10));
});

test('the quota is raised by a fifth a second while the container is throttled, up to the ceiling', () => {
  const result = simulate({ policy: 'cfsQuotaBurstOnly' }, seconds(12, 4));
  assert.deepEqual(
    result.slice(0, 4).map(({ quotaCores }) => quotaCores),
    [1, 1.2, 1.44, 1.728],
  );
  assert.equal(result.at(-1)?.quotaCores, 3);
});

test('static burst lets saved time be spent at once', () => {
  const trace = [...seconds(2, 0), ...seconds(1, 1.05)];
  assert.equal(simulate({}, trace).at(-1)?.throttledPeriods, 10);
  assert.equal(simulate({ policy: 'cpuBurstOnly' }, trace).at(-1)?.throttledPeriods, 0);
});

test('an overloaded machine takes the quota back', () => {
  const result = simulate({ policy: 'auto' }, [...seconds(8, 4), ...seconds(12, 4, 12)]);
  assert.ok(result[7]!.quotaCores > 2);
  assert.equal(result.at(-1)?.node, 'overload');
  assert.equal(result.at(-1)?.quotaCores, 1);
});

test('the limiter ends a burst that lasts too long', () => {
  const result = simulate({ policy: 'cfsQuotaBurstOnly', cfsQuotaBurstPeriodSeconds: 10 }, seconds(60, 4));
  assert.ok(result.some(({ quotaCores }) => quotaCores > 2));
  assert.equal(result.at(-1)?.quotaCores, 1);
  assert.ok(result.at(-1)!.tokens < 0);
});

test('a trace has a line for each second, and a bad line is named', () => {
  assert.deepEqual(parseTrace('# cores\n1.5\n\n2, 3\n0\t1\n'), [
    { demandCores: 1.5, othersCores: 0 },
    { demandCores: 2, othersCores: 3 },
    { demandCores: 0, othersCores: 1 },
  ]);
  for (const bad of ['1\nx', '1\n-1', '1\n1 2 3', '1\n1e9'])
    assert.throws(() => parseTrace(bad), /^EngineError: line 2 of the trace is not DEMAND/);
  assert.throws(() => parseTrace('# nothing\n'), /the trace has no seconds/);
});

test('the drawing has a line for quota, usage and demand, and the states of the machine', () => {
  const svg = drawSimulation(simulate({ policy: 'auto' }, seconds(30, 2, 7)), 'a <b>');
  assert.equal(svg.match(/<polyline /g)?.length, 3);
  assert.match(svg, /<title>overload<\/title>/);
  assert.match(svg, />a &#60;b&#62;<\/text>/);
  assert.match(svg, /^<svg xmlns.*<\/svg>\n$/s);
});
