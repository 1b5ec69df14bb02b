import { closeSync, openSync } from 'node:fs';
import { openDetachedMount } from './open-detached-mount.ts';

export type FuseMount = {
  /** A descriptor of the mount, which hangs nowhere. */
  mount: number;
  /** The end of the server, which answers whatever is asked of the mount. */
  connection: number;
};

/**
 * A file system that a program serves (fuse(4)). A process that looks into the mount before a server has the connection
 * waits; when no process has it any more, they get ENOTCONN. When the mount is gone, the server's reads end with
 * ENODEV. The caller closes both descriptors.
 * @throws SyscallError; a Node error where there is no /dev/fuse
 */
export function openFuseMount(name: string): FuseMount {
  const connection = openSync('/dev/fuse', 'r+');
  try {
    const mount = openDetachedMount({
      type: 'fuse',
      parameters: [
        ['source', name],
        ['subtype', name],
        ['fd', String(connection)],
        ['rootmode', '40000'],
        ['user_id', '0'],
        ['group_id', '0'],
        // Everybody in the container, as the modes of the files allow.
        ['allow_other'],
        ['default_permissions'],
      ],
      attributes: 0,
    });
    return { mount, connection };
  } catch (error) {
    closeSync(connection);
    throw error;
  }
}
