import { statSync } from 'node:fs';

/** What BPF programs know a cgroup by: the inode of its directory in cgroup v2 (bpf_get_current_cgroup_id). */
export function cgroupId(directory: string): bigint {
  return statSync(directory, { bigint: true }).ino;
}
