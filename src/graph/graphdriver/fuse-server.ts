import { closeSync, openSync, readFileSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { openFuseMount } from '../../kernel/fuse-mount.ts';
import { cstring, spawnAsync, syscall, syscallAsync } from '../../kernel/libc.ffi.ts';

const MFD_CLOEXEC = 1;
/** The server's descriptor of its connection: the first after its standard streams. */
const CONNECTION = '/dev/fd/3';

export type ServedOverlay = { lowerdirs: readonly string[]; upperdir?: string; workdir?: string };

/**
 * Starts the program fuse-overlayfs for one mount, and gives a descriptor of that, which hangs nowhere. The server
 * works in the engine's mount namespace, in a session of its own. It is not a child of the engine, and outlives it;
 * it ends when the kernel has no use of the mount any more, that is when all descriptors and mount namespaces that
 * have it are gone.
 * @throws EngineError system with the program's own words; SyscallError
 */
export async function serveOverlay(program: string, overlay: ServedOverlay): Promise<number> {
  const { mount, connection } = openFuseMount('fuse-overlayfs');
  try {
    await start(program, optionsOf(overlay), connection);
    return mount;
  } catch (error) {
    closeSync(mount);
    throw error;
  } finally {
    closeSync(connection);
  }
}

async function start(program: string, options: string, connection: number): Promise<void> {
  const nothing = openSync('/dev/null', 'r+');
  const errors = syscall('memfd_create', 'errors', cstring('errors'), MFD_CLOEXEC);
  try {
    const pid = await spawnAsync({
      path: program,
      argv: ['fuse-overlayfs', '-o', options, CONNECTION],
      env: [],
      fds: [nothing, nothing, errors, connection],
    });
    // What was started leaves the serving to a process of its own, and ends when that is ready.
    const status = Buffer.alloc(4);
    await syscallAsync('wait4', String(pid), pid, status, 0, null);
    if (status.readInt32LE() !== 0)
      throw new EngineError(
        'system',
        `fuse-overlayfs: ${readFileSync(`/proc/self/fd/${errors}`, 'utf8').trim()}`,
      );
  } finally {
    closeSync(errors);
    closeSync(nothing);
  }
}

function optionsOf({ lowerdirs, upperdir, workdir }: ServedOverlay): string {
  const lower = `lowerdir=${lowerdirs.join(':')}`;
  return upperdir === undefined ? lower : `${lower},upperdir=${upperdir},workdir=${workdir}`;
}
