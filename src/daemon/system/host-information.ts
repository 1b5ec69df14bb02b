import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, release, totalmem } from 'node:os';
import type { Daemon } from '../container/daemon.ts';

const MACHINES: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64' };
const GO_ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/** As `uname -m` has it. */
const machine = MACHINES[process.arch] ?? process.arch;
/** As Go, and so Docker, names it. */
export const architecture = GO_ARCHITECTURES[process.arch] ?? process.arch;

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
    Architecture: machine,
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
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readText('/etc/os-release'))?.[1] ?? 'Linux';
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
