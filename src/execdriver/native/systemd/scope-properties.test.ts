import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotatedProperties, limitProperties, unitProperties } from './scope-properties.ts';
import { deviceProperties } from './device-properties.ts';
import type { Property } from './unit-manager.ts';
import { slicePath, unitNameOf } from './unit-name.ts';
import { parseVariantText } from './variant-text.ts';

const shown = (list: Property[]) =>
  Object.fromEntries(
    list.map(([name, { value }]) => [name, value instanceof Uint8Array ? [...value] : value]),
  );

const INFINITY = 2n ** 64n - 1n;

test('limits of cgroup v2 become properties, and what is unlimited infinity', () => {
  const properties = limitProperties(
    {
      memory: { limit: 100, reservation: 50, swap: 150 },
      cpu: { shares: 1024, quota: 50_000, cpus: '0-2,9', mems: '0' },
      pids: { limit: -1 },
      unified: { 'memory.high': '70', 'pids.max': 'max', 'io.max': '8:0 rbps=1', 'cpu.max': 'max 20000' },
    },
    true,
  );
  assert.deepEqual(shown(properties), {
    MemoryMax: 100n,
    MemoryLow: 50n,
    MemorySwapMax: 50n,
    CPUWeight: 100n,
    CPUQuotaPerSecUSec: INFINITY,
    CPUQuotaPeriodUSec: 20_000n,
    AllowedCPUs: [7, 2],
    AllowedMemoryNodes: [1],
    TasksMax: INFINITY,
    MemoryHigh: 70n,
  });
  // In hundredths of a CPU, rounded up.
  const [[, quota]] = limitProperties({ cpu: { quota: 600_000, period: 900_000 } }, true) as [Property];
  assert.equal(quota.value, 670_000n);
  assert.deepEqual(shown(limitProperties({ cpu: { idle: 1, shares: 5 } }, true)), { CPUWeight: 0n });
});

test('limits of cgroup v1 have their own names', () => {
  const resources = {
    memory: { limit: 1, swap: 5 },
    cpu: { shares: 3 },
    blockIO: { weight: 9 },
    pids: { limit: 4 },
  };
  assert.deepEqual(shown(limitProperties(resources, false)), {
    MemoryLimit: 1n,
    CPUShares: 3n,
    BlockIOWeight: 9n,
    TasksMax: 4n,
  });
});

test('annotations name properties, and seconds become microseconds', () => {
  const properties = annotatedProperties({
    'org.systemd.property.TimeoutStopSec': 'uint64 2',
    'org.systemd.property.CollectMode': "'inactive-or-failed'",
    'org.other': 'x',
  });
  assert.deepEqual(properties, [
    ['TimeoutStopUSec', { signature: 't', value: 2_000_000n }],
    ['CollectMode', { signature: 's', value: 'inactive-or-failed' }],
  ]);
  for (const [name, value] of [
    ['a.b', '1'],
    ['Some', 'nonsense'],
    ['TimeoutStopSec', "'text'"],
  ] as const)
    assert.throws(() => annotatedProperties({ [`org.systemd.property.${name}`]: value }), {
      name: 'EngineError',
    });
});

test('values are read in GVariant’s text format', () => {
  for (const [text, signature, value] of [
    ['true', 'b', true],
    [' -5 ', 'i', -5n],
    ['uint64 7', 't', 7n],
    ['1.5', 'd', 1.5],
    ['double 2', 'd', 2],
    [String.raw`'it\'s'`, 's', "it's"],
    ['[\'a\', "b"]', 'as', ['a', 'b']],
    ['@as []', 'as', []],
    ["('x', uint32 3)", '(su)', ['x', 3n]],
  ] as const)
    assert.deepEqual(parseVariantText(text), { signature, value }, text);
  for (const wrong of ['', 'x y', "'open", '[1, true]', '1 2', '(1', "uint32 'x'"])
    assert.throws(() => parseVariantText(wrong), { message: /as a systemd property/ }, wrong);
});

test('a container is a scope in its slice, which lies in those its name says', () => {
  assert.deepEqual(unitNameOf('a-b.slice:docker:x', 'id', false), {
    unit: 'docker-x.scope',
    slice: 'a-b.slice',
  });
  assert.deepEqual(unitNameOf('', 'id', false), { unit: 'slipway-id.scope', slice: 'system.slice' });
  assert.deepEqual(unitNameOf(':p:x.slice', 'id', true), { unit: 'x.slice', slice: 'user.slice' });
  assert.throws(() => unitNameOf('/a/b', 'id', false), { message: /of format "slice:prefix:name"/ });
  assert.equal(slicePath('a-b-c.slice'), '/a.slice/a-b.slice/a-b-c.slice');
  assert.equal(slicePath('-.slice'), '/');
  for (const wrong of ['a', '.slice', 'a--b.slice', '../x.slice', 'a-.slice'])
    assert.throws(() => slicePath(wrong), { message: /invalid slice name/ }, wrong);
});

test('a scope begins with a process and leaves its cgroup to the container; a slice has neither', () => {
  const scope = shown(unitProperties({ id: 'x', unit: 'x.scope', slice: 's.slice', pid: 5 }));
  assert.deepEqual([scope.Slice, scope.Delegate, scope.PIDs], ['s.slice', true, [5]]);
  const slice = shown(unitProperties({ id: 'x', unit: 'x.slice', slice: 's.slice', pid: 5 }));
  assert.deepEqual([slice.Wants, slice.Delegate, slice.PIDs], [['s.slice'], undefined, undefined]);
});

test('rules for devices become a list of what is allowed, or are left to others where they cannot', () => {
  const deny = { allow: false, access: 'rwm' };
  const one = { allow: true, type: 'b', major: 8, minor: 1, access: 'r' } as const;
  const properties = (policy: string, allowed: string[][]) => ({
    DevicePolicy: policy,
    DeviceAllow: allowed,
  });
  const rules = [
    deny,
    { allow: true, type: 'c', access: 'm' },
    { allow: true, type: 'c', major: 136, access: 'rwm' },
    one,
  ] as const;
  for (const unified of [true, false])
    assert.deepEqual(
      shown(deviceProperties(rules, unified)),
      properties('strict', [
        ['char-*', 'm'],
        ['char-136', 'rwm'],
        ['/dev/block/8:1', 'r'],
      ]),
    );
  const allow = { allow: true, access: 'rwm' };
  assert.deepEqual(shown(deviceProperties([allow], false)), properties('auto', []));
  const exceptOne = [allow, { ...one, allow: false }];
  assert.deepEqual(shown(deviceProperties(exceptOne, true)), properties('auto', []));
  assert.deepEqual(shown(deviceProperties(exceptOne, false)), properties('strict', []));
  const anyMajor = [deny, one, { allow: true, type: 'c', minor: 5, access: 'rwm' }] as const;
  assert.deepEqual(shown(deviceProperties(anyMajor, true)), properties('auto', []));
  assert.deepEqual(shown(deviceProperties(anyMajor, false)), properties('strict', [['/dev/block/8:1', 'r']]));
});
