import { messageOf } from '../../../base/errors.ts';
import type { Task } from '../../../execdriver/driver.ts';
import type { Governance, SysctlMode } from '../../../governor/governance.ts';
import { guardNetwork, liftNetworkGuard } from '../../../governor/network/network-guard.ts';
import type { SysctlReport } from '../../../governor/sysctl/sysctl-guard.ts';
import { containerEvent } from '../../model/container-event.ts';
import type { Container } from '../../model/container.ts';
import type { CompletedHostConfig } from '../../model/host-config.ts';
import { governanceOf } from '../config/governance-annotations.ts';
import type { Daemon } from '../daemon.ts';

/**
 * What a container's writes to sysctls meet: those with rights over the host are guarded unless they are told
 * otherwise.
 */
function sysctlMode(
  { options }: Daemon,
  hostConfig: CompletedHostConfig,
  { sysctlGuard }: Governance,
): SysctlMode {
  return sysctlGuard ?? (hasExtraPrivileges(hostConfig) ? options.sysctlGuard : 'off');
}

function hasExtraPrivileges({ Privileged, CapAdd, NetworkMode }: CompletedHostConfig): boolean {
  const added = CapAdd.map(name => name.toUpperCase().replace(/^CAP_/, ''));
  return Privileged || NetworkMode.kind === 'host' || added.includes('SYS_ADMIN') || added.includes('ALL');
}

/** Whether something has to be attached between a container's creation and its start. */
export function wantsGuard(daemon: Daemon, container: Container): boolean {
  const { networkGuard } = governanceOf(container.record.hostConfig);
  return (
    (networkGuard !== undefined && daemon.hostFacts.limits.networkGuard) ||
    wantsSysctlGuard(daemon, container)
  );
}

/** Attaches them, before the start and after an update. @throws EngineError, SyscallError when the kernel refuses */
export function guardContainer(daemon: Daemon, container: Container, task: Task): void {
  guardSysctls(daemon, container, task);
  const { networkGuard } = governanceOf(container.record.hostConfig);
  const directory = task.cgroupPaths.unified;
  if (directory === undefined || !daemon.hostFacts.limits.networkGuard) return;
  if (networkGuard === undefined) liftNetworkGuard(directory);
  else guardNetwork(directory, networkGuard);
}

function wantsSysctlGuard(daemon: Daemon, { record: { hostConfig } }: Container): boolean {
  const isSupported = daemon.hostFacts.limits.sysctlGuard;
  return isSupported && sysctlMode(daemon, hostConfig, governanceOf(hostConfig)) !== 'off';
}

/**
 * Attaches what guards a container's sysctls, before it starts and after an update; takes it away where there is to be
 * none.
 * @throws EngineError, SyscallError when the kernel refuses what was asked for; what is only the default is warned of
 */
function guardSysctls(daemon: Daemon, container: Container, task: Task): void {
  const { hostConfig } = container.record;
  const directory = task.cgroupPaths.unified;
  if (directory === undefined || !daemon.hostFacts.limits.sysctlGuard) return;
  const governance = governanceOf(hostConfig);
  const mode = sysctlMode(daemon, hostConfig, governance);
  try {
    if (mode === 'off') daemon.sysctls.lift(directory);
    else
      daemon.sysctls.guard(directory, { mode, allowed: governance.sysctlAllow }, report =>
        tell(daemon, container, report),
      );
  } catch (error) {
    if (governance.sysctlGuard !== undefined) throw error;
    daemon.log.warn({ container: container.id, error: messageOf(error) }, 'its sysctls are not guarded');
  }
}

/** Takes over the guard of a container that was found running. */
export function adoptSysctlGuard(daemon: Daemon, container: Container, task: Task): void {
  const directory = task.cgroupPaths.unified;
  if (directory === undefined || !wantsSysctlGuard(daemon, container)) return;
  try {
    daemon.sysctls.adopt(directory, report => tell(daemon, container, report));
  } catch (error) {
    daemon.log.warn(
      { container: container.id, error: messageOf(error) },
      'taking over the guard of its sysctls',
    );
  }
}

function tell(daemon: Daemon, container: Container, { name, value, pid, isRefused }: SysctlReport): void {
  const verdict = isRefused ? 'denied' : 'audited';
  containerEvent(daemon, container, 'sysctl', { sysctl: name, value, pid: String(pid), verdict });
}
