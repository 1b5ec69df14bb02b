import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALL_CAPABILITIES,
  boundingCapabilities,
  capabilityMask,
  capabilityNames,
  DEFAULT_CAPABILITIES,
  normalCapability,
} from './capabilities.ts';

test('names become the bits of linux/capability.h, and bits names', () => {
  assert.equal(
    capabilityMask(['CAP_CHOWN', 'CAP_SYS_ADMIN', 'cap_checkpoint_restore']),
    (1n << 40n) | (1n << 21n) | 1n,
  );
  assert.equal(capabilityMask(DEFAULT_CAPABILITIES), 0xa804_25fbn);
  assert.deepEqual(capabilityNames(0x8000_0000n), ['CAP_SETFCAP']);
  assert.deepEqual(capabilityNames(capabilityMask(ALL_CAPABILITIES)), [...ALL_CAPABILITIES]);
  assert.equal(ALL_CAPABILITIES.length, 41);
});

test('people write names in any case, with or without CAP_', () => {
  assert.deepEqual(
    ['net_admin', 'CAP_NET_ADMIN', 'Cap_Net_Admin', 'all', 'cap_all', 'CAP_NOPE', ''].map(normalCapability),
    ['CAP_NET_ADMIN', 'CAP_NET_ADMIN', 'CAP_NET_ADMIN', 'ALL', undefined, undefined, undefined],
  );
});

test('what this process cannot give is left out of a mask', () => {
  const bounding = boundingCapabilities(() => 'Name:\tnode\nCapBnd:\t000001fffeffffff\n');
  assert.equal(bounding, 0x1ff_feff_ffffn);
  assert.equal(capabilityMask(ALL_CAPABILITIES, bounding), bounding);
  assert.equal(capabilityMask(['CAP_SYS_RESOURCE', 'CAP_UNKNOWN'], bounding), 0n);
  assert.ok(boundingCapabilities() >= 0n);
});
