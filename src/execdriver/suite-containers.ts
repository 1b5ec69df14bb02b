/** Containers for the suite of exec drivers, and for tests of a single one. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Process, Spec } from '../oci/runtime-spec.ts';
import type { CreateOptions, ExecProcess, Task } from './driver.ts';

export type SuiteOptions = Omit<CreateOptions, 'rootfs' | 'log'> & {
  rootfs: Extract<CreateOptions['rootfs'], { type: 'overlay' }>;
  log: NonNullable<CreateOptions['log']>;
};

/** What containers are made of: an image, and directories and cgroups of their own. */
export class SuiteContainers {
  /** A directory of the host's that everything of them is below. */
  readonly base: string;
  readonly #cgroupParent = `slipway-test-${randomBytes(4).toString('hex')}`;
  #count = 0;

  /** @param makeRoot fills a directory with busybox, its commands in /bin, and /etc/passwd */
  constructor(makeRoot: (directory: string) => void) {
    this.base = mkdtempSync('/tmp/slipway-driver-');
    makeRoot(join(this.base, 'root'));
  }

  /** For a new container. */
  options(
    args: string[],
    io: Partial<CreateOptions['io']> = {},
    process: Partial<Process> = {},
  ): SuiteOptions {
    this.#count += 1;
    const id = `c${this.#count}`;
    const at = (name: string) => join(this.base, id, name);
    for (const name of ['upper', 'work', 'merged']) mkdirSync(at(name), { recursive: true });
    return {
      id,
      stateDir: at('state'),
      spec: specOf({ ...processOf(args), ...process }, `/${this.#cgroupParent}/${id}`),
      rootfs: {
        type: 'overlay',
        lowerdirs: [join(this.base, 'root')],
        upperdir: at('upper'),
        workdir: at('work'),
        target: at('merged'),
      },
      io: { terminal: false, stdin: false, stdinOnce: false, ...io },
      log: { path: at('log'), maxBytes: 0, maxFiles: 1 },
    };
  }

  /** The cgroups that a container has, in all hierarchies. */
  cgroupsOf(id: string): string[] {
    return this.#parents()
      .map(parent => join(parent, id))
      .filter(existsSync);
  }

  #parents(): string[] {
    return ['', ...readdirSync('/sys/fs/cgroup')]
      .map(name => join('/sys/fs/cgroup', name, this.#cgroupParent))
      .filter(existsSync);
  }

  close(): void {
    for (const parent of this.#parents()) rmdirSync(parent);
    rmSync(this.base, { recursive: true, force: true });
  }
}

export function processOf(args: string[]): Process {
  const all = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID'];
  return {
    user: { uid: 0, gid: 0 },
    args,
    env: ['PATH=/bin'],
    cwd: '/',
    capabilities: { bounding: all, effective: all, permitted: all },
  };
}

function specOf(process: Process, cgroupsPath: string): Spec {
  return {
    ociVersion: '1.2.0',
    hostname: 'box',
    process,
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] },
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro'] },
    ],
    linux: {
      cgroupsPath,
      namespaces: (['pid', 'mount', 'ipc', 'uts', 'network', 'cgroup'] as const).map(type => ({ type })),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/sys/firmware', '/sys/kernel'],
      readonlyPaths: ['/proc/sys'],
    },
  };
}

export type LogEntry = { log: string; stream: string; time: string };

export function logOf({ log }: { log: { path: string } }): LogEntry[] {
  const lines = readFileSync(log.path, 'utf8').trimEnd().split('\n');
  return lines.filter(Boolean).map(line => JSON.parse(line) as LogEntry);
}

/** Runs to the end, and returns what an attached client saw. */
export async function outputOf(process: Task | ExecProcess, input?: string) {
  const socket: Socket = await process.attach({ stdin: true, stdout: true, stderr: true });
  socket.setEncoding('latin1');
  const output = text(socket);
  socket.end(input ?? '');
  await process.start();
  const status = await process.exited;
  return { status, output: await output };
}

/** Docker's frames, put together by stream. */
export function demultiplex(output: string): { stdout: string; stderr: string } {
  const bytes = Buffer.from(output, 'latin1');
  const result = { stdout: '', stderr: '' };
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    result[bytes[at] === 1 ? 'stdout' : 'stderr'] += bytes.toString('latin1', at + 8, end);
    at = end;
  }
  return result;
}
