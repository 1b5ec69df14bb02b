import { EngineError } from '../../../base/errors.ts';
import { defaultSeccompProfile } from '../../../libcontainer/seccomp/default-profile.ts';
import { parseDockerProfile } from '../../../libcontainer/seccomp/docker-profile.ts';
import type { Seccomp } from '../../../oci/runtime-spec.ts';
import type { SecurityOptions } from './security-options.ts';
import type { SpecInput } from './spec-input.ts';

/**
 * The seccomp section: Docker's default profile, the one given, or none (`unconfined`, and a privileged
 * container that asks for nothing).
 * @throws EngineError invalid-parameter for a broken profile
 */
export function specSeccomp(
  { hostConfig, host }: SpecInput,
  { seccomp = '' }: SecurityOptions,
  capabilities: readonly string[],
): Seccomp | undefined {
  const context = { architecture: host.architecture, kernelVersion: host.kernelVersion, capabilities };
  const isOwn = seccomp !== '' && seccomp !== 'builtin';
  if (seccomp === 'unconfined') return undefined;
  if (hostConfig.Privileged) return isOwn ? parseDockerProfile(seccomp, context) : undefined;
  if (!host.seccomp) {
    if (!isOwn) return undefined;
    throw new EngineError(
      'invalid-parameter',
      'seccomp is not enabled in your kernel, cannot run a custom seccomp profile',
    );
  }
  return isOwn ? parseDockerProfile(seccomp, context) : defaultSeccompProfile(context);
}
