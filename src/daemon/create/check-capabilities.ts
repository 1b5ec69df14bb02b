import { invalid } from '../errors.ts';

const CAPABILITIES = new Set(
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/)
    .map(name => `CAP_${name}`),
);

/**
 * The names in the kernel's form, `CAP_NET_ADMIN`, or `ALL`; as Docker keeps them.
 * @throws EngineError invalid-parameter; `field` is CapAdd or CapDrop
 */
export function checkCapabilities(
  field: string,
  names: readonly string[] | null | undefined,
): string[] | null {
  if (!names?.length) return null;
  return names.map(given => {
    const name = given.toUpperCase().replace(/^CAP_/, '');
    if (name === 'ALL') return 'ALL';
    if (!CAPABILITIES.has(`CAP_${name}`))
      throw invalid(`invalid ${field}: unknown capability: "CAP_${name}"`);
    return `CAP_${name}`;
  });
}
