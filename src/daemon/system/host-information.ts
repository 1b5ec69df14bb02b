import { captures } from '../../base/captures.ts';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, machine, release, totalmem } from 'node:os';
import type { Daemon } from '../container/daemon.ts';

/** What `docker info` tells of the machine. */
export function hostInformation({ hostFacts, options }: Daemon): Record<string, unknown> {
  const { limits } = hostFacts;
  return {
    MemoryLimit: limits.memory,
    SwapLimit: limits.swap,
    CpuCfsPeriod: limits.cpuQuota,
    CpuCfsQuota: limits.cpuQuota,
    CPUShares: limits.cpuShares,
    CPUSet: limits.cpuset,
    PidsLimit: limits.pids,
    OomKillDisable: limits.oomKillDisable,
    ...(limits.kernelMemoryTcp ? { KernelMemoryTCP: true } : {}),
    IPv4Forwarding: forwardsIpv4(),
    CgroupDriver: options.cgroupDriver,
    CgroupVersion: limits.cgroupVersion,
    KernelVersion: release(),
    OperatingSystem: operatingSystem(),
    OSVersion: '',
    OSType: 'linux',
    Architecture: machine(),
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    Name: hostname(),
    NFd: readdirSync('/proc/self/fd').length,
    SecurityOptions: [
      ...(hostFacts.apparmorProfile === undefined ? [] : ['name=apparmor']),
      ...(hostFacts.seccomp ? ['name=seccomp,profile=builtin'] : []),
    ],
  };
}

export function forwardsIpv4(): boolean {
  return readText('/proc/sys/net/ipv4/ip_forward').trim() === '1';
}

function operatingSystem(): string {
  const [, name = 'Linux'] = captures(/^PRETTY_NAME="?([^"\n]*)/m, readText('/etc/os-release'));
  return name;
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
