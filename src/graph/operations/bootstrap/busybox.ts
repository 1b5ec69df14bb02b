import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import type { GraphParts } from '../graph-parts.ts';
import { importLayer } from '../import/import-archive.ts';
import { parseReference } from '../../../oci/reference.ts';
import { type TreeFile, treeArchive } from './tree-archive.ts';

const PROGRAM = '/bin/busybox';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;

const GROUP = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mail:x:8:
kmem:x:9:
wheel:x:10:root
cdrom:x:11:
dialout:x:18:
floppy:x:19:
video:x:28:
audio:x:29:
tape:x:32:
www-data:x:33:
operator:x:37:
utmp:x:43:
plugdev:x:46:
staff:x:50:
lock:x:54:
netdev:x:82:
users:x:100:
nobody:x:65534:
`;

const SHADOW = PASSWD.replace(/^([^:]+):.*$/gm, (_line, name: string) => `${name}:*::0:99999:7:::`);

/**
 * `busybox:latest` from the machine's own static busybox (Debian's busybox-static), laid out as Docker's image
 * of that name. The same busybox gives the same image.
 * @throws EngineError unavailable without it
 */
export async function bootstrapBusybox(parts: GraphParts): Promise<Digest> {
  const applets = await listApplets();
  // The program's own time, so that the image is as old as what it consists of.
  const seconds = Math.floor(statSync(PROGRAM).mtimeMs / 1000);
  const archive = treeArchive(filesOf(readFileSync(PROGRAM), applets), BigInt(seconds) * 1_000_000_000n);
  return importLayer(parts, archive, {
    reference: parseReference('busybox:latest'),
    config: { Cmd: ['sh'], Env: [`PATH=${PATH}`] },
    message: '',
    created: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    createdBy: 'slipway: made from busybox-static',
  });
}

async function listApplets(): Promise<string[]> {
  const missing = (cause?: unknown) =>
    new EngineError('unavailable', `a statically linked ${PROGRAM} is needed for the image busybox`, {
      cause,
      hint: 'Install it: apt-get install busybox-static',
    });
  const { stdout } = await promisify(execFile)(PROGRAM, ['--list']).catch((error: unknown) => {
    throw missing(error);
  });
  if (!isStatic(readFileSync(PROGRAM))) throw missing();
  return stdout.split('\n').filter(name => /^[\w[\].+-]+$/.test(name) && name !== 'busybox');
}

/** No program header of type PT_INTERP (elf(5)); little endian, 64 bits. */
function isStatic(elf: Buffer): boolean {
  const [offset, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(offset + index * size)).every(
    type => type !== 3,
  );
}

function filesOf(program: Buffer, applets: string[]): TreeFile[] {
  const directory = (path: string, mode = 0o755): TreeFile => ({ path, type: 'directory', mode });
  const names = ['busybox', ...applets].sort();
  return [
    directory('bin/'),
    { path: 'bin/busybox', mode: 0o755, content: program },
    ...names
      .filter(name => name !== 'busybox')
      .map(
        (name): TreeFile => ({ path: `bin/${name}`, type: 'hardlink', linkPath: 'bin/busybox', mode: 0o755 }),
      ),
    directory('dev/'),
    directory('etc/'),
    { path: 'etc/group', content: GROUP },
    { path: 'etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    { path: 'etc/passwd', content: PASSWD },
    { path: 'etc/shadow', mode: 0o640, content: SHADOW },
    directory('home/'),
    directory('proc/'),
    directory('root/', 0o700),
    directory('sys/'),
    directory('tmp/', 0o1777),
    directory('usr/'),
    directory('usr/bin/'),
    { path: 'usr/bin/env', type: 'symlink', linkPath: '../../bin/env' },
    directory('usr/sbin/'),
    directory('var/'),
    directory('var/spool/'),
    directory('var/spool/mail/'),
    directory('var/www/'),
  ];
}
