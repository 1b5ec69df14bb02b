import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFilter } from '../../test/fixtures/bpf-machine.ts';
import { filesFilter, limitFiles } from './files-limit.ts';

const ALLOW = 0x7fff_0000;
const NOTIFY = 0x7fc0_0000;
const EMFILE = 0x0005_0000 | 24;
const ENOSYS = 0x0005_0000 | 38;
const X86_64 = 0xc000_003e;
const I386 = 0x4000_0003;

const skip = process.arch === 'x64' ? false : 'numbers of x86-64';

test('calls that make descriptors ask, others do not', { skip }, () => {
  const verdict = (number: number, ...args: bigint[]) =>
    runFilter(filesFilter(), { architecture: X86_64, number, args });
  const [read, open, socket, clone, vfork, fcntl, ioctl, unshare, closeRange, clone3, ring] = [
    0, 2, 41, 56, 58, 72, 16, 272, 436, 435, 425,
  ] as const;
  assert.equal(verdict(read), ALLOW);
  for (const number of [open, socket, vfork]) assert.equal(verdict(number), NOTIFY);
  // A thread, a process, and one that shares its parent's table until it executes something.
  assert.equal(verdict(clone, 0x3d0f00n), ALLOW);
  assert.equal(verdict(clone, 17n), NOTIFY);
  assert.equal(verdict(clone, 0x411n), NOTIFY);
  assert.deepEqual(
    [verdict(fcntl, 0n, 1n), verdict(fcntl, 0n, 0n), verdict(fcntl, 0n, 1030n)],
    [ALLOW, NOTIFY, NOTIFY],
  );
  assert.deepEqual([verdict(ioctl, 0n, 0x5401n), verdict(ioctl, 0n, 0x5441n)], [ALLOW, NOTIFY]);
  assert.deepEqual([verdict(unshare, 0x20000n), verdict(unshare, 0x20400n)], [ALLOW, EMFILE]);
  assert.deepEqual([verdict(closeRange, 3n, 9n, 4n), verdict(closeRange, 3n, 9n, 2n)], [ALLOW, EMFILE]);
  assert.deepEqual([verdict(clone3), verdict(ring)], [ENOSYS, ENOSYS]);
});

test('calls of 32 bits ask, too', { skip }, () => {
  const i386 = (number: number, ...args: bigint[]) =>
    runFilter(filesFilter(), { architecture: I386, number, args });
  assert.deepEqual([i386(3), i386(5), i386(102, 1n), i386(102, 2n)], [ALLOW, NOTIFY, NOTIFY, ALLOW]);
  assert.equal(runFilter(filesFilter(), { architecture: X86_64, number: 0x4000_0000 + 2, args: [] }), NOTIFY);
});

test('the shim is told of calls that make another number than one, by architecture', { skip }, () => {
  const paths = { mode: 'v2', v1: {}, unified: '/sys/fs/cgroup/x', unifiedControllers: [] } as const;
  const { cgroup, limit, calls } = limitFiles(7, { ...paths, unifiedControllers: [] });
  assert.deepEqual([cgroup, limit], ['/sys/fs/cgroup/x', 7]);
  const words = new Uint32Array(calls.buffer);
  const entries = Array.from({ length: words.length / 3 }, (_, index) => [
    ...words.subarray(3 * index, 3 * index + 3),
  ]);
  const [two, copy, replace] = [1, 2, 3];
  for (const entry of [
    [X86_64, 22, two],
    [X86_64, 57, copy],
    [X86_64, 33, replace],
    [I386, 63, replace],
    [X86_64, 0x4000_0000 + 56, copy],
  ])
    assert.ok(
      entries.some(other => other.join() === entry.join()),
      entry.join(),
    );
});
