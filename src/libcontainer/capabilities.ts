import { EngineError } from '../base/errors.ts';
import { type ReadFile, readHostFile } from '../cgroups/layout.ts';

/** In the order of their numbers (linux/capability.h). */
const NAMES = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
  SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE`
  .split(/\s+/)
  .map(name => `CAP_${name}`);

const NUMBERS = new Map(NAMES.map((name, number) => [name, number]));

/** Every capability there is, as `CAP_…`, in the order of their numbers. */
export const ALL_CAPABILITIES: readonly string[] = NAMES;

/** What Docker gives a container that asks for nothing. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/**
 * The name as the kernel's headers write it, for one in any case, with or without `CAP_`; `ALL` is kept.
 * undefined for an unknown one.
 */
export function normalCapability(name: string): string | undefined {
  const upper = name.toUpperCase();
  if (upper === 'ALL') return 'ALL';
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  return NUMBERS.has(full) ? full : undefined;
}

/**
 * The bit mask of a set. Names that this version does not know are ignored, as the specification asks of
 * what the kernel does not know.
 * @param limit capabilities outside it are left out: what cannot be had is not asked for
 */
export function capabilityMask(names: readonly string[] = [], limit: bigint = ~0n): bigint {
  const bits = names.map(name => NUMBERS.get(name.toUpperCase()));
  const mask = bits.reduce<bigint>((sum, bit) => (bit === undefined ? sum : sum | (1n << BigInt(bit))), 0n);
  return mask & limit;
}

export function capabilityNames(mask: bigint): string[] {
  return NAMES.filter((_, number) => (mask >> BigInt(number)) & 1n);
}

/**
 * The bounding set of this process: the most that a container started by it can have, less than the kernel
 * knows where the engine itself runs confined. (proc_pid_status(5))
 * @throws EngineError system
 */
export function boundingCapabilities(read: ReadFile = readHostFile): bigint {
  const match = /^CapBnd:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status') ?? '');
  if (!match) throw new EngineError('system', 'cannot read the capability bounding set of /proc/self/status');
  return BigInt(`0x${match[1]}`);
}
