import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import type { Task, CreateOptions, ExecProcess } from '../src/execdriver/driver.ts';
import { openNativeDriver } from '../src/execdriver/native/open-native-driver.ts';
import { StartError } from '../src/execdriver/start-error.ts';
import type { Process, Spec } from '../src/oci/runtime-spec.ts';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { until } from '../src/base/testing/until.ts';

const cgroupParent = `slipway-test-${randomBytes(4).toString('hex')}`;
const shimPath = new URL('../shim/bin/slipway-shim', import.meta.url).pathname;
const driver = openNativeDriver({ shimPath });
let base: string;
let count = 0;

before(() => {
  base = mkdtempSync('/tmp/slipway-driver-');
  makeBusyboxRoot(join(base, 'root'));
});

after(() => {
  driver.close();
  for (const directory of cgroupDirectories()) rmdirSync(directory);
  rmSync(base, { recursive: true, force: true });
});

function cgroupDirectories(): string[] {
  return readdirSync('/sys/fs/cgroup')
    .map(name => join('/sys/fs/cgroup', name, cgroupParent))
    .filter(existsSync);
}

function specOf(args: string[], process: Partial<Process> = {}): Spec {
  const all = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID'];
  return {
    ociVersion: '1.2.0',
    hostname: 'box',
    process: {
      user: { uid: 0, gid: 0 },
      args,
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: all, effective: all, permitted: all },
      ...process,
    },
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
      cgroupsPath: `/${cgroupParent}/c${count}`,
      namespaces: (['pid', 'mount', 'ipc', 'uts', 'network', 'cgroup'] as const).map(type => ({ type })),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/sys/firmware', '/sys/kernel'],
      readonlyPaths: ['/proc/sys'],
    },
  };
}

function optionsFor(args: string[], io: Partial<CreateOptions['io']> = {}, process?: Partial<Process>) {
  count += 1;
  const id = `c${count}`;
  const at = (name: string) => join(base, id, name);
  for (const name of ['upper', 'work', 'merged']) mkdirSync(at(name), { recursive: true });
  return {
    id,
    stateDir: at('state'),
    spec: specOf(args, process),
    rootfs: {
      type: 'overlay' as const,
      lowerdirs: [join(base, 'root')],
      upperdir: at('upper'),
      workdir: at('work'),
      target: at('merged'),
    },
    io: { terminal: false, stdin: false, stdinOnce: false, ...io },
    log: { path: at('log'), maxBytes: 0, maxFiles: 1 },
  };
}

type LogEntry = { log: string; stream: string; time: string };

function logOf({ log }: { log: { path: string } }): LogEntry[] {
  const lines = readFileSync(log.path, 'utf8').trimEnd().split('\n');
  return lines.filter(Boolean).map(line => JSON.parse(line) as LogEntry);
}

/** Runs to the end, and returns what an attached client saw. */
async function outputOf(process: Task | ExecProcess, input?: string) {
  const socket: Socket = await process.attach({ stdin: true, stdout: true, stderr: true });
  socket.setEncoding('latin1');
  const output = text(socket);
  socket.end(input ?? '');
  await process.start();
  const status = await process.exited;
  return { status, output: await output };
}

/** Docker's frames, put together by stream. */
function demultiplex(output: string): { stdout: string; stderr: string } {
  const bytes = Buffer.from(output, 'latin1');
  const result = { stdout: '', stderr: '' };
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    result[bytes[at] === 1 ? 'stdout' : 'stderr'] += bytes.toString('latin1', at + 8, end);
    at = end;
  }
  return result;
}

test('a process runs in its own namespaces, and its output is logged and sent', async () => {
  const options = optionsFor(['sh', '-c', 'echo $$; hostname; echo oops >&2; exit 7']);
  const container = await driver.create(options);
  const { status, output } = await outputOf(container);
  assert.equal(status.code, 7);
  assert.deepEqual(demultiplex(output), { stdout: '1\nbox\n', stderr: 'oops\n' });
  await container.remove();
  assert.deepEqual(
    logOf(options)
      .map(({ log, stream }) => [stream, log])
      .sort(([a = ''], [b = '']) => a.localeCompare(b)),
    [
      ['stderr', 'oops\n'],
      ['stdout', '1\n'],
      ['stdout', 'box\n'],
    ],
  );
});

test('standard input reaches the process, and its end too', async () => {
  const container = await driver.create(optionsFor(['cat'], { stdin: true, stdinOnce: true }));
  const { status, output } = await outputOf(container, 'hello');
  assert.equal(status.code, 0);
  assert.equal(output, '\x01\0\0\0\0\0\0\x05hello');
  await container.remove();
});

test('more output than any buffer holds arrives whole, and in order', async () => {
  const options = optionsFor(['sh', '-c', 'seq 1 200000']);
  const container = await driver.create(options);
  const { output } = await outputOf(container);
  const lines = demultiplex(output).stdout;
  assert.equal(lines, Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join(''));
  await container.remove();
  assert.equal(
    logOf(options)
      .map(({ log }) => log)
      .join(''),
    lines,
  );
});

test('a terminal has its size, and carries both streams', async () => {
  const container = await driver.create(
    optionsFor(['sh', '-c', 'tty; stty size; echo err >&2'], {
      terminal: true,
      stdin: true,
      rows: 33,
      columns: 101,
    }),
  );
  const { output } = await outputOf(container);
  assert.equal(output, '/dev/pts/0\r\n33 101\r\nerr\r\n');
  await container.remove();
});

test('a command that is missing or not executable is told apart', async () => {
  const failing = async (args: string[]) => {
    const options = optionsFor(args);
    const error = await driver.create(options).then(String, (reason: unknown) => reason);
    assert.ok(error instanceof StartError, String(error));
    assert.equal(existsSync(options.stateDir), false);
    return [error.reason, error.message.split('init: ')[1]];
  };
  assert.deepEqual(await failing(['nope']), [
    'not-found',
    'exec: "nope": executable file not found in $PATH',
  ]);
  assert.deepEqual(await failing(['/nope']), [
    'not-found',
    'exec: "/nope": stat /nope: no such file or directory',
  ]);
  assert.deepEqual(await failing(['/etc/passwd']), [
    'not-executable',
    'exec: "/etc/passwd": permission denied',
  ]);
  assert.deepEqual(await failing(['/etc']), [
    'not-executable',
    'exec: "/etc": is a directory: permission denied',
  ]);
});

test('a failing operation is named with its arguments, and leaves nothing', async () => {
  const options = optionsFor(['true']);
  options.spec.mounts?.push({ destination: '/mnt', type: 'nofs', source: 'x' });
  await assert.rejects(
    driver.create(options),
    /mount\(type="nofs", source="x", target="\/mnt"\): no such device/,
  );
  assert.equal(existsSync(options.stateDir), false);
  assert.deepEqual(
    cgroupDirectories().flatMap(directory => readdirSync(directory).filter(name => name === options.id)),
    [],
  );
});

test('an exec joins the container, with a terminal too, and reports its own exit code', async () => {
  const container = await driver.create(optionsFor(['sleep', '1000']));
  await container.start();
  const process = specOf(['sh', '-c', 'hostname; stat -c %t /dev/null; exit 3']).process!;
  for (const terminal of [false, true]) {
    const exec = await container.exec({
      id: `e${terminal}`,
      process,
      io: { terminal, stdin: false, stdinOnce: false },
    });
    const { status, output } = await outputOf(exec);
    assert.equal(status.code, 3);
    assert.ok(output.includes('box'), output);
  }
  const missing = { ...process, args: ['nope'] };
  await assert.rejects(
    container.exec({ id: 'm', process: missing, io: { terminal: false, stdin: false, stdinOnce: false } }),
    StartError,
  );
  assert.equal((await container.pids()).length, 1);
  await container.remove();
  assert.equal((await container.exited).code, 137);
});

test('a container goes on without its driver, and is found again', async () => {
  const options = optionsFor(['sh', '-c', 'for i in $(seq 1 30); do echo $i; sleep 0.01; done; exit 9']);
  const first = openNativeDriver({ shimPath });
  await (await first.create(options)).start();
  first.close();
  const second = openNativeDriver({ shimPath });
  const container = await second.recover(options.id, options.stateDir);
  assert.equal((await container.exited).code, 9);
  await container.remove();
  second.close();
  assert.deepEqual(
    logOf(options).map(({ log }) => log),
    Array.from({ length: 30 }, (_, i) => `${i + 1}\n`),
  );
});

test('a shim of a version that is not understood is refused, and goes on', async () => {
  const options = optionsFor(['sleep', '1000']);
  const first = openNativeDriver({ shimPath });
  await (await first.create(options)).start();
  first.close();
  const file = join(options.stateDir, 'container.json');
  const content = readFileSync(file, 'utf8');
  writeFileSync(file, content.replace(/"protocol":\d+/, '"protocol":9999'));
  const second = openNativeDriver({ shimPath });
  await assert.rejects(second.recover(options.id, options.stateDir), {
    kind: 'conflict',
    message:
      /is held by a shim of another version of Slipway \(it speaks protocol 9999, this version [\d, ]+\)/,
  });
  writeFileSync(file, content);
  const container = await second.recover(options.id, options.stateDir);
  assert.equal((await container.pids()).length, 1);
  await container.remove();
  second.close();
});

test('an exit that nobody saw is found in the state directory', async () => {
  const options = optionsFor(['sh', '-c', 'exit 5']);
  const first = openNativeDriver({ shimPath });
  await (await first.create(options)).start();
  first.close();
  const file = join(options.stateDir, 'container.json');
  await until(() => /^5 0 \d+ *\n/.test(readFileSync(file, 'utf8')));
  const second = openNativeDriver({ shimPath });
  const container = await second.recover(options.id, options.stateDir);
  assert.equal((await container.exited).code, 5);
  await container.remove();
  second.close();
});

test('masked and read-only paths are', async () => {
  const script =
    'wc -c < /proc/keys; (echo 1 > /proc/sys/kernel/domainname) 2>&1; ' +
    'for name in firmware kernel; do ls /sys/$name | wc -l; done';
  const container = await driver.create(optionsFor(['sh', '-c', script]));
  const { output } = await outputOf(container);
  assert.match(output, /0\n[^]*Read-only file system[^]*0\n[^]*0\n/);
  await container.remove();
});

test('no link in the image leads a mount out of the root', async () => {
  const options = optionsFor(['sh', '-c', 'cat /data/probe']);
  const victim = join(base, `victim-${options.id}`);
  mkdirSync(victim);
  mkdirSync(join(options.rootfs.upperdir, 'bait'));
  symlinkSync(`../../../../../../../..${victim}`, join(options.rootfs.upperdir, 'data'));
  writeFileSync(join(base, 'probe'), 'here');
  options.spec.mounts?.push({
    destination: '/data/probe',
    type: 'bind',
    source: join(base, 'probe'),
    options: ['bind', 'ro'],
  });
  const container = await driver.create(options);
  const { output } = await outputOf(container);
  assert.ok(output.endsWith('here'), output);
  assert.deepEqual(readdirSync(victim), []);
  await container.remove();
});

/** Shims that are children of this process and belong to no container yet. */
function idleShims(): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.map(Number).filter(pid => {
    try {
      const [, parent] = /\) . (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-----');
    } catch {
      return false;
    }
  });
}

test('what cannot be encoded is refused at once, and costs no shim', async () => {
  const hostile: Partial<Process>[] = [
    { args: ['sh', 'a\0b'] },
    { cwd: '/a\0b' },
    { env: ['PATH=/bin', 'A=b\0c'] },
  ];
  const before = idleShims().length;
  for (const process of hostile) {
    const options = optionsFor(['true'], {}, process);
    await assert.rejects(driver.create(options), { kind: 'invalid-parameter', message: /nul byte/ });
    assert.ok(!existsSync(options.stateDir));
  }
  const options = optionsFor(['sleep', '1000']);
  const container = await driver.create(options);
  const exec = { id: 'x', process: { ...options.spec.process, args: ['a\0b'] } as Process };
  const io = { terminal: false, stdin: false, stdinOnce: false };
  await assert.rejects(container.exec({ ...exec, io }), { kind: 'invalid-parameter', message: /nul byte/ });
  await container.remove();
  assert.ok(idleShims().length <= Math.max(before, 2));
});

test('a creation that hangs is given up at once, and leaves neither shim nor files', async () => {
  const others = new Set(idleShims());
  const own = openNativeDriver({ shimPath });
  await (await own.create({ ...optionsFor(['true']), start: true })).remove();
  let idle: number[] = [];
  while (idle.length < 2) {
    await new Promise(resolve => setTimeout(resolve, 5));
    idle = idleShims().filter(pid => !others.has(pid));
  }
  for (const pid of idle) process.kill(pid, 'SIGSTOP');
  const options = optionsFor(['sleep', '1000']);
  const creation = new AbortController();
  const failed = assert.rejects(own.create({ ...options, signal: creation.signal }), /no longer wanted/);
  await new Promise(resolve => setTimeout(resolve, 50));
  creation.abort(new Error('no longer wanted'));
  await failed;
  assert.ok(!existsSync(options.stateDir));
  assert.equal(idle.filter(pid => existsSync(`/proc/${pid}/cmdline`)).length, 1);
  for (const pid of idleShims().filter(pid => idle.includes(pid))) process.kill(pid, 'SIGCONT');
  own.close();
});
