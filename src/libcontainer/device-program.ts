import { onceForEach } from '../base/once-for-each.ts';
import {
  and32,
  assembleBpf,
  type BpfInstruction,
  type BpfLabel,
  exit,
  jump,
  jumpIfEqual32,
  jumpIfNotEqual32,
  loadWord,
  move32,
  moveImmediate,
  shiftRight32,
} from '../kernel/bpf/assembler.ts';
import { deviceAccess, type DeviceException } from '../cgroups/device-access.ts';
import type { DeviceRule } from '../oci/runtime-spec.ts';

/** BPF_DEVCG_DEV_* and BPF_DEVCG_ACC_* of linux/bpf.h. */
const DEVICE_TYPES = { b: 1, c: 2 };
const ACCESS_BITS: Record<string, number> = { m: 1, r: 2, w: 4 };
const ALL_ACCESS = 7;

/** Offsets in struct bpf_cgroup_dev_ctx. */
const CONTEXT = { accessType: 0, major: 4, minor: 8 };

/**
 * The BPF_PROG_TYPE_CGROUP_DEVICE program that gives devices the access which the rules of a runtime spec
 * come to ({@link deviceAccess}): it returns 1 to allow, 0 to deny (EPERM).
 * @throws EngineError invalid-parameter
 */
export const deviceProgram = onceForEach((rules: readonly DeviceRule[]): Uint8Array => {
  const { defaultAllow, exceptions } = deviceAccess(rules);
  const verdict = (allow: boolean) => [moveImmediate(0, allow ? 1 : 0), exit()];
  return assembleBpf([
    loadWord(2, 1, CONTEXT.accessType),
    move32(3, 2),
    and32(2, 0xffff),
    shiftRight32(3, 16),
    loadWord(4, 1, CONTEXT.major),
    loadWord(5, 1, CONTEXT.minor),
    ...exceptions.flatMap((exception, index) => exceptionBlock(exception, index, defaultAllow)),
    ...verdict(defaultAllow),
    ...(exceptions.length > 0 ? [{ label: 'exception' }, ...verdict(!defaultAllow)] : []),
  ]);
});

/** Jumps to `exception` when it applies. r2: type, r3: access, r4: major, r5: minor. */
function exceptionBlock(
  { type, major, minor, access }: DeviceException,
  index: number,
  denies: boolean,
): (BpfInstruction | BpfLabel)[] {
  const next = `after ${index}`;
  const bits = Array.from(access).reduce((sum, bit) => sum | ACCESS_BITS[bit]!, 0);
  const checkAccess = denies
    ? [move32(0, 3), and32(0, bits), jumpIfEqual32(0, 0, next)]
    : [move32(0, 3), and32(0, ~bits & ALL_ACCESS), jumpIfNotEqual32(0, 0, next)];
  return [
    jumpIfNotEqual32(2, DEVICE_TYPES[type], next),
    ...(bits === ALL_ACCESS ? [] : checkAccess),
    ...(major === undefined ? [] : [jumpIfNotEqual32(4, major, next)]),
    ...(minor === undefined ? [] : [jumpIfNotEqual32(5, minor, next)]),
    jump('exception'),
    { label: next },
  ];
}
