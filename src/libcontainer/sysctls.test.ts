import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamespaceType } from '../oci/runtime-spec.ts';
import { sysctlOperations } from './sysctls.ts';

function keyOf(key: string, ...types: NamespaceType[]): unknown {
  const [operation] = sysctlOperations({
    sysctl: { [key]: '1' },
    namespaces: types.map(type => ({ type })),
  });
  return operation?.op === 'sysctl' && operation.key;
}

test('dots separate the parts of a key, and a slash stands for a dot in a name, or the other way round', () => {
  assert.equal(keyOf('net.ipv4.conf.eth0/1.forwarding', 'network'), 'net/ipv4/conf/eth0.1/forwarding');
  assert.equal(keyOf('net/ipv4/conf/eth0.1/forwarding', 'network'), 'net/ipv4/conf/eth0.1/forwarding');
});

test('a sysctl is set only in a namespace that the container has', () => {
  for (const [key, type] of [
    ['kernel.msgmax', 'ipc'],
    ['kernel/shm_rmid_forced', 'ipc'],
    ['fs.mqueue.queues_max', 'ipc'],
    ['net.core.somaxconn', 'network'],
    ['kernel.domainname', 'uts'],
  ] as const) {
    assert.ok(keyOf(key, type));
    assert.throws(() => keyOf(key, 'mount'), { kind: 'invalid-parameter' }, key);
  }
  for (const [key, message] of [
    ['kernel.msgmax', 'sysctl "kernel.msgmax" is not allowed in the hosts ipc namespace'],
    ['net.core.somaxconn', 'sysctl "net.core.somaxconn" not allowed in host network namespace'],
    ['kernel.domainname', 'sysctl "kernel.domainname" is not in a separate kernel namespace'],
  ] as const)
    assert.throws(() => keyOf(key), { message });
});

test('sysctls that belong to no namespace, or have a member of their own, are refused with any set of namespaces', () => {
  const all = ['ipc', 'network', 'uts', 'user', 'pid', 'mount'] as const;
  assert.throws(() => keyOf('vm.swappiness', ...all), { message: /is not in a separate kernel namespace/ });
  assert.throws(() => keyOf('kernel.hostname', ...all), {
    message: /conflicts with the OCI "hostname" field/,
  });
});

test('no way of writing a key leads out of the part of the tree that it begins with', () => {
  for (const key of ['net/../vm/swappiness', 'net.//.vm.swappiness', 'net//ipv4', 'net./.ipv4'])
    assert.throws(() => keyOf(key, 'network'), { message: /is not a plain name/ }, key);
});
