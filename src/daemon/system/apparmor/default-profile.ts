/** The profile of containers that name none. It has Docker's name, so that both share it on a machine that has both. */
export const DEFAULT_PROFILE = 'docker-default';

/**
 * The source of the profile, equal in effect to Docker's: files, capabilities and sockets are left to other
 * means, mounts and what would change the kernel are denied.
 * @param daemonProfile the profile under which the daemon itself runs
 */
export function defaultProfileSource(name: string, daemonProfile: string): string {
  return `#include <tunables/global>

profile ${name} flags=(attach_disconnected,mediate_deleted) {
  #include <abstractions/base>

  network,
  capability,
  file,
  umount,

  # Signals come from the host, from what runs containers, and from the same container.
  signal (receive) peer=unconfined,
  signal (receive) peer=runc,
  signal (receive) peer=crun,
  signal (receive) peer=${daemonProfile},
  signal (send,receive) peer=${name},

  # Of /proc, processes and the sysctls kernel.shm* may be written.
  deny @{PROC}/* w,
  deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
  deny @{PROC}/sys/[^k]** w,
  deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny @{PROC}/sysrq-trigger rwklx,
  deny @{PROC}/kcore rwklx,

  deny mount,

  # Of /sys, cgroups may be written.
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,

  # A debugger, and ps, see the processes of the same container.
  ptrace (trace,read,tracedby,readby) peer=${name},
}
`;
}
