import { realpathSync } from 'node:fs';

/** How the mount that a path lies on passes mounts on. */
export type MountPropagation = { mountPoint: string; shared: boolean; slave: boolean };

/** From a mount table (proc_pid_mountinfo(5)); links in `path` are followed. */
export function hostMountPropagation(path: string, mountinfo: string): MountPropagation {
  const real = realpathSync(path);
  let found: MountPropagation = { mountPoint: '', shared: false, slave: false };
  for (const line of mountinfo.split('\n')) {
    const [left = ''] = line.split(' - ');
    const [, , , , mountPoint = '', , ...optional] = left.split(' ');
    const isAbove = mountPoint === '/' || real === mountPoint || real.startsWith(`${mountPoint}/`);
    if (mountPoint === '' || !isAbove || mountPoint.length < found.mountPoint.length) continue;
    found = {
      mountPoint,
      shared: optional.some(field => field.startsWith('shared:')),
      slave: optional.some(field => field.startsWith('master:')),
    };
  }
  return found;
}
