import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, release, totalmem } from 'node:os';
import { detectCgroupLayout } from '../../libcontainer/cgroups/layout.ts';
import type { Daemon } from '../daemon.ts';

const MACHINES: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64' };
const GO_ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/** As `uname -m` has it. */
const machine = MACHINES[process.arch] ?? process.arch;
/** As Go, and so Docker, names it. */
export const architecture = GO_ARCHITECTURES[process.arch] ?? process.arch;

/** What `docker info` tells of the machine. */
export function hostInformation({ hostFacts }: Daemon): Record<string, unknown> {
  const { version, v1, all } = cgroups();
  return {
    MemoryLimit: all.has('memory'),
    SwapLimit: all.has('memory'),
    CpuCfsPeriod: all.has('cpu'),
    CpuCfsQuota: all.has('cpu'),
    CPUShares: all.has('cpu'),
    CPUSet: all.has('cpuset'),
    PidsLimit: all.has('pids'),
    OomKillDisable: v1.has('memory'),
    IPv4Forwarding: readText('/proc/sys/net/ipv4/ip_forward').trim() === '1',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: version,
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

/** Docker calls a machine with any controller on v1 a v1 machine. */
function cgroups(): { version: '1' | '2'; v1: Set<string>; all: Set<string> } {
  const layout = detectCgroupLayout();
  const v1 = new Set(layout.v1.flatMap(({ controllers }) => controllers));
  const all = new Set([...v1, ...(layout.unified?.controllers ?? [])]);
  return { version: layout.mode === 'v2' ? '2' : '1', v1, all };
}

function operatingSystem(): string {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readText('/etc/os-release'))?.[1] ?? 'Linux';
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
