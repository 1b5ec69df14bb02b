import { EngineError } from '../../base/errors.ts';
import type { SeccompAction } from '../../oci/runtime-spec.ts';

/** SECCOMP_RET_* of linux/seccomp.h. */
const VALUES: Record<SeccompAction, number> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_NOTIFY: 0x7fc0_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
};

const EPERM = 1;
const ENOSYS = 38;

export const KILL_THREAD = VALUES.SCMP_ACT_KILL_THREAD;
export const RETURN_ENOSYS = VALUES.SCMP_ACT_ERRNO | ENOSYS;

/**
 * What a filter returns for an action. ERRNO and TRACE carry a number of 16 bits, EPERM when none is given.
 * @throws EngineError invalid-parameter
 */
export function actionValue(action: SeccompAction, errno = EPERM): number {
  const value = Object.hasOwn(VALUES, action) ? VALUES[action] : undefined;
  if (value === undefined)
    throw new EngineError('invalid-parameter', `invalid seccomp action ${JSON.stringify(action)}`);
  return action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? value | (errno & 0xffff) : value;
}

/**
 * Whether a call newer than the profile should be left to the action, instead of failing with ENOSYS. A
 * tracer counts: it is expected to know what to do.
 */
export function isPermissive(action: SeccompAction): boolean {
  return action === 'SCMP_ACT_ALLOW' || action === 'SCMP_ACT_LOG' || action === 'SCMP_ACT_TRACE';
}
