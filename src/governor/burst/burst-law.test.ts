import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandwidthWrites } from './bandwidth-writes.ts';
import { allowsBurst, type BurstLimiter, charge } from './burst-limiter.ts';
import { nodeState, type NodeUsage, poolShare } from './node-state.ts';
import { baseQuotaUs, ceilingUs, decideStep, nextQuotaUs, type StepFacts } from './quota-step.ts';
import { clampBurst, staticBurstUs } from './static-burst.ts';

const usage = (changes: Partial<NodeUsage>): NodeUsage => ({
  cores: 10,
  used: 0,
  pinnedRequests: 0,
  pinnedUsed: 0,
  bestEffortUsed: 0,
  ...changes,
});

test('the machine is overloaded from the threshold on, cooling from nine tenths of it on, and idle below', () => {
  assert.equal(nodeState(usage({ used: 5 }), 50), 'overload');
  assert.equal(nodeState(usage({ used: 4.99 }), 50), 'cooling');
  assert.equal(nodeState(usage({ used: 4.5 }), 50), 'cooling');
  assert.equal(nodeState(usage({ used: 4.49 }), 50), 'idle');
  assert.equal(nodeState(undefined, 50), 'unknown');
});

test('pinned and best-effort containers do not count, and nothing is left where pinned ones have all', () => {
  assert.equal(poolShare(usage({ used: 8, pinnedRequests: 2, pinnedUsed: 1, bestEffortUsed: 3 })), 0.5);
  assert.equal(poolShare(usage({ pinnedRequests: 10 })), 1);
  assert.equal(nodeState(usage({ pinnedRequests: 12 }), 50), 'overload');
});

test('the static burst is the share of the limit that the policy gives, and none without a limit', () => {
  const settings = { cpuBurstPercent: 1000 };
  assert.equal(staticBurstUs(1.5, { ...settings, policy: 'cpuBurstOnly' }), 1_500_000);
  assert.equal(staticBurstUs(1.5, { ...settings, policy: 'auto' }), 1_500_000);
  assert.equal(staticBurstUs(1.5, { ...settings, policy: 'cfsQuotaBurstOnly' }), 0);
  assert.equal(staticBurstUs(1.5, { ...settings, policy: 'none' }), 0);
  assert.equal(staticBurstUs(0, { ...settings, policy: 'auto' }), 0);
});

test('a burst is never more than its quota', () => {
  assert.equal(clampBurst(1_500_000, 150_000), 150_000);
  assert.equal(clampBurst(20_000, 150_000), 20_000);
  assert.equal(clampBurst(20_000, -1), 0);
});

test('base and ceiling come from the limit in thousandths of a CPU', () => {
  assert.equal(baseQuotaUs(1500), 150_000);
  assert.equal(baseQuotaUs(0), undefined);
  assert.equal(baseQuotaUs(-1), undefined);
  assert.equal(ceilingUs(150_000, 300), 450_000);
});

const limiterSettings = { cfsQuotaBurstPercent: 300, cfsQuotaBurstPeriodSeconds: 10 };
const bucket = (tokens: number): BurstLimiter => ({ tokens, capacity: 2000, atSeconds: 100 });
const charged = (tokens: number, usagePercent: number, atSeconds = 101) =>
  charge(bucket(tokens), limiterSettings, { atSeconds, usagePercent, random: 0 }).tokens;

test('a new limiter has up to half of its capacity', () => {
  const start = (random: number) =>
    charge(undefined, limiterSettings, { atSeconds: 5, usagePercent: 500, random });
  assert.deepEqual(start(1), { tokens: 1000, capacity: 2000, atSeconds: 5 });
  assert.equal(start(0).tokens, 0);
});

test('usage above the limit costs tokens, usage below 60 % saves them, between nothing changes', () => {
  assert.equal(charged(500, 250), 350);
  assert.equal(charged(500, 250, 103), 50);
  assert.equal(charged(500, 100), 500);
  assert.equal(charged(500, 99), 500);
  assert.equal(charged(500, 60), 500);
  assert.equal(charged(500, 59), 541);
  assert.equal(charged(500, 0), 600);
});

test('tokens stay between minus and plus the capacity', () => {
  assert.equal(charged(-1900, 400), -2000);
  assert.equal(charged(1990, 0), 2000);
});

test('a burst is allowed while there are tokens', () => {
  assert.equal(allowsBurst(bucket(1)), true);
  assert.equal(allowsBurst(bucket(0)), false);
  assert.equal(allowsBurst(bucket(-1)), false);
});

test('a limiter begins anew when its capacity changes, and after two idle periods', () => {
  const now = { atSeconds: 101, usagePercent: 250, random: 1 };
  assert.equal(charge(bucket(7), { ...limiterSettings, cfsQuotaBurstPercent: 200 }, now).tokens, 500);
  assert.equal(charge(bucket(7), limiterSettings, { ...now, atSeconds: 121 }).tokens, 1000);
  assert.equal(charge(bucket(7), limiterSettings, { ...now, atSeconds: 120 }).tokens, -2000);
});

const facts = (changes: Partial<StepFacts>): StepFacts => ({
  settings: { policy: 'auto' },
  isAllowed: true,
  isThrottled: false,
  node: 'idle',
  ...changes,
});

test('a policy without quota burst leads back to the limit, in every state of the machine', () => {
  for (const policy of ['none', 'cpuBurstOnly'] as const)
    for (const node of ['idle', 'cooling', 'overload', 'unknown'] as const)
      assert.equal(decideStep(facts({ settings: { policy }, isThrottled: true, node })), 'reset');
});

test('a container that its limiter refuses goes down, throttled or not', () => {
  for (const isThrottled of [true, false])
    for (const node of ['idle', 'cooling', 'overload', 'unknown'] as const)
      assert.equal(decideStep(facts({ isAllowed: false, isThrottled, node })), 'down');
});

test('a throttled container goes up on an idle machine only', () => {
  const step = (node: StepFacts['node']) => decideStep(facts({ isThrottled: true, node }));
  assert.equal(step('idle'), 'up');
  assert.equal(step('cooling'), 'remain');
  assert.equal(step('unknown'), 'remain');
  assert.equal(step('overload'), 'down');
});

test('a container that is not throttled remains, except on an overloaded machine', () => {
  const step = (node: StepFacts['node']) => decideStep(facts({ node }));
  assert.equal(step('idle'), 'remain');
  assert.equal(step('cooling'), 'remain');
  assert.equal(step('unknown'), 'remain');
  assert.equal(step('overload'), 'down');
});

test('a step is a fifth up or down, and ends at the limit and at the ceiling', () => {
  const quota = { currentUs: 200_000, baseUs: 100_000, ceilingUs: 300_000 };
  assert.equal(nextQuotaUs('up', quota), 240_000);
  assert.equal(nextQuotaUs('down', quota), 160_000);
  assert.equal(nextQuotaUs('remain', quota), 200_000);
  assert.equal(nextQuotaUs('reset', quota), 100_000);
  assert.equal(nextQuotaUs('up', { ...quota, currentUs: 290_000 }), 300_000);
  assert.equal(nextQuotaUs('down', { ...quota, currentUs: 110_000 }), 100_000);
  assert.equal(nextQuotaUs('remain', { ...quota, currentUs: 900_000 }), 300_000);
});

const change = (quotaUs: [number, number], burstUs: [number, number] = [0, 0]) => ({
  before: { quotaUs: quotaUs[0], burstUs: burstUs[0] },
  after: { quotaUs: quotaUs[1], burstUs: burstUs[1] },
});
const order = (writes: ReturnType<typeof bandwidthWrites>) =>
  writes.map(({ of, what, valueUs }) => `${of} ${what} ${valueUs}`);

test('the parent goes up before the container, and down after it', () => {
  assert.deepEqual(order(bandwidthWrites({ container: change([100, 120]), parent: change([500, 520]) })), [
    'parent quota 520',
    'container quota 120',
  ]);
  assert.deepEqual(order(bandwidthWrites({ container: change([120, 100]), parent: change([520, 500]) })), [
    'container quota 100',
    'parent quota 500',
  ]);
});

test('a burst goes down before its quota, and up after it; what does not change is not written', () => {
  assert.deepEqual(order(bandwidthWrites({ container: change([200, 100], [150, 100]) })), [
    'container burst 100',
    'container quota 100',
  ]);
  assert.deepEqual(order(bandwidthWrites({ container: change([100, 200], [100, 150]) })), [
    'container quota 200',
    'container burst 150',
  ]);
  assert.deepEqual(bandwidthWrites({ container: change([100, 100], [50, 50]) }), []);
});
