import { lookup } from 'node:dns/promises';
import { accessSync } from 'node:fs';
import { isIP } from 'node:net';
import { posix } from 'node:path';
import { EngineError } from '../../../base/errors.ts';
import type { MountRecord } from '../../model/container-record.ts';
import type { SpecMount } from '../spec/spec-input.ts';

/** A mount as the runtime spec is to have it: its source by name, whatever it is mounted from in the end. */
export async function specMountOf({ device, type: kind, ...rest }: MountRecord): Promise<SpecMount> {
  if (kind === 'image') return { ...rest, type: 'bind', propagation: 'rprivate' };
  const mount = { ...rest, type: kind };
  const source = mount.subpath === '' ? mount.source : posix.join(mount.source, mount.subpath);
  if (device === undefined) return { ...mount, source };
  if (device.isDirectory) {
    const writable = mount.writable && !device.options.includes('ro');
    return { ...mount, writable, source };
  }
  const options = await Promise.all(device.options.map(resolveAddress));
  return { ...mount, filesystem: { type: device.type, options } };
}

/**
 * The directory that a volume stands for must be there.
 * @throws EngineError system, in Docker's words
 */
export function checkVolumeDirectory(volumePath: string, source: string): void {
  const what = `mount ${source}:${volumePath}, flags: 0x1000`;
  try {
    accessSync(source);
  } catch (cause) {
    const message = `error while mounting volume '${volumePath}': failed to mount local volume: ${what}`;
    throw new EngineError('system', `${message}: no such file or directory`, { cause });
  }
}

/** The kernel's network file systems take `addr=` as a number only. */
async function resolveAddress(option: string): Promise<string> {
  const name = option.startsWith('addr=') ? option.slice('addr='.length) : '';
  if (name === '' || isIP(name) !== 0) return option;
  return `addr=${(await lookup(name)).address}`;
}
