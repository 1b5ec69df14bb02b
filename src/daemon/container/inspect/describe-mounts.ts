import type { MountPoint } from '../../../api/types.ts';
import type { Daemon } from '../daemon.ts';
import type { Container } from '../../model/container.ts';

/** The mounts of `inspect` and `ps`, by destination. */
export function describeMounts({ volumes }: Daemon, { record }: Container): MountPoint[] {
  return record.mounts
    .map(({ type, name, source, destination, mode, writable, propagation }) => ({
      Type: type,
      ...(type === 'volume' || type === 'image' ? { Name: name } : {}),
      Source: type === 'volume' ? volumes.path(name) : source,
      Destination: destination,
      ...(type === 'volume' ? { Driver: 'local' } : {}),
      Mode: mode,
      RW: writable,
      Propagation: propagation,
    }))
    .sort((a, b) => (a.Destination < b.Destination ? -1 : 1));
}
