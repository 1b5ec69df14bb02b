import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFilter } from '../../../test/fixtures/bpf-machine.ts';
import { compileSeccomp } from './compile-seccomp.ts';
import { defaultSeccompProfile } from './default-profile.ts';
import { decodeDockerProfile, parseDockerProfile } from './docker-profile.ts';
import { syscallNumbers } from './syscall-table.ts';

const context = { architecture: 'x64', capabilities: ['CAP_CHOWN'], kernelVersion: '6.1.0-13-amd64' };
const ALLOW = 0x7fff_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;

function defaultVerdict(name: string, args: bigint[] = [], capabilities: string[] = []): number {
  const { filter } = compileSeccomp(defaultSeccompProfile({ ...context, capabilities }), 'x64');
  return runFilter(filter, { architecture: 0xc000_003e, number: syscallNumbers(name)!.x86_64!, args });
}

test('conditions on architectures, capabilities and kernels are resolved', () => {
  const profile = parseDockerProfile(
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
      syscalls: [
        { name: 'read', action: 'SCMP_ACT_ALLOW', args: null },
        { names: ['old'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '6.2' } },
        { names: ['new'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '5.10' } },
        { names: ['arm'], action: 'SCMP_ACT_ALLOW', includes: { arches: ['arm64'] } },
        { names: ['cap'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_CHOWN', 'CAP_KILL'] } },
        { names: ['nocap'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, excludes: { caps: ['CAP_CHOWN'] } },
        { names: ['other'], action: 'SCMP_ACT_LOG', excludes: { arches: ['arm64'], caps: ['CAP_KILL'] } },
      ],
    }),
    context,
  );
  assert.deepEqual(profile, {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      { names: ['new'], action: 'SCMP_ACT_ALLOW' },
      { names: ['other'], action: 'SCMP_ACT_LOG' },
    ],
  });
});

test('values of 64 bits stay exact', () => {
  const profile = parseDockerProfile(
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"read","action":"SCMP_ACT_LOG","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}',
    context,
  );
  assert.equal(profile?.syscalls?.[0]?.args?.[0]?.value, 0xffff_ffff_ffff_ffffn);
});

test('an empty profile means no seccomp, a contradictory or broken one is refused', () => {
  assert.equal(parseDockerProfile('{}', context), undefined);
  const refused = (profile: object | string, message: RegExp) =>
    assert.throws(
      () => parseDockerProfile(typeof profile === 'string' ? profile : JSON.stringify(profile), context),
      { kind: 'invalid-parameter', message },
    );
  refused('{', /^Decoding seccomp profile failed: /);
  refused('[]', /^Decoding seccomp profile failed: /);
  const base = { defaultAction: 'SCMP_ACT_ERRNO' };
  refused({ ...base, architectures: ['a'], archMap: [{ architecture: 'b' }] }, /^both 'architectures' and/);
  refused({ ...base, syscalls: [{ name: 'a', names: ['b'], action: 'SCMP_ACT_LOG' }] }, /^both 'name' and/);
});

test('what is of the wrong type is refused in Go’s words', () => {
  const cases: [object, RegExp][] = [
    [{ defaultAction: 5 }, /number into Go struct field Seccomp.defaultAction of type/],
    [{ syscalls: 5 }, /number into Go struct field Seccomp.syscalls of type \[\]\*seccomp.Syscall/],
    [{ syscalls: [5] }, /number into Go struct field Seccomp.syscalls.0 of type seccomp.Syscall/],
    [{ syscalls: [{ names: 'read' }] }, /string into Go struct field Seccomp.syscalls.0.names of type/],
    [{ syscalls: [{ args: [{ value: -1 }] }] }, /Seccomp.syscalls.0.args.0.value of type uint64/],
    [{ syscalls: [{ includes: [] }] }, /array into Go struct field Seccomp.syscalls.0.includes of type/],
    [{ archMap: {} }, /object into Go struct field Seccomp.archMap of type/],
  ];
  for (const [profile, message] of cases)
    assert.throws(() => decodeDockerProfile(JSON.stringify(profile)), { kind: 'invalid-parameter', message });
  assert.deepEqual(decodeDockerProfile('{"syscalls":[null]}'), { syscalls: [{ action: '' }] });
});

test('a profile beyond all measure is refused before anything is made of it', () => {
  const refused = (profile: object, message: RegExp) =>
    assert.throws(() => decodeDockerProfile(JSON.stringify(profile)), { kind: 'invalid-parameter', message });
  refused({ comment: 'x'.repeat(300_000) }, /too large: \d+ characters/);
  refused({ syscalls: Array(9000).fill(null) }, /too large: 9000 names/);
});

test("Docker's default profile lets ordinary calls pass, and others by capability", () => {
  assert.equal(defaultVerdict('read'), ALLOW);
  assert.equal(defaultVerdict('ptrace'), ALLOW);
  assert.equal(defaultVerdict('mount'), EPERM);
  assert.equal(defaultVerdict('mount', [], ['CAP_SYS_ADMIN']), ALLOW);
  assert.equal(defaultVerdict('clone', [0x11n]), ALLOW);
  assert.equal(defaultVerdict('clone', [0x1000_0011n]), EPERM);
  assert.equal(defaultVerdict('clone3'), ENOSYS);
  assert.equal(defaultVerdict('clone3', [], ['CAP_SYS_ADMIN']), ALLOW);
  assert.deepEqual(
    [2n, 40n, 41n].map(family => defaultVerdict('socket', [family])),
    [ALLOW, EPERM, ALLOW],
  );
  assert.equal(defaultVerdict('personality', [0xffff_ffffn]), ALLOW);
  assert.equal(defaultVerdict('personality', [4n]), EPERM);
  assert.equal(defaultSeccompProfile(context), defaultSeccompProfile({ ...context }));
});

test('on arm64 the default profile serves 32-bit arm too', () => {
  const profile = defaultSeccompProfile({ ...context, architecture: 'arm64' });
  assert.deepEqual(profile.architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  const { filter } = compileSeccomp(profile, 'arm64');
  const arm = (number: number) => runFilter(filter, { architecture: 0x4000_0028, number, args: [] });
  assert.deepEqual([arm(5), arm(0xf0002), arm(0xf0003)], [ALLOW, ALLOW, EPERM]);
});
