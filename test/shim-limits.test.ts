/** What a container, its image or a client may ask of a shim that has to serve everybody else meanwhile. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Task, ExecProcess } from '../src/execdriver/driver.ts';
import { spawnShim } from '../src/execdriver/native/spawn-shim.ts';
import { MESSAGES, writePlan } from '../src/libcontainer/wire.ts';
import { nativeContainers, outputOf } from './fixtures/native-containers.ts';

const containers = nativeContainers();
after(() => containers.close());

const exec = async (container: Task, script: string): Promise<ExecProcess> =>
  container.exec({
    id: `e${Math.random()}`,
    process: { user: { uid: 0, gid: 0 }, cwd: '/', env: ['PATH=/bin'], args: ['sh', '-c', script] },
    io: { terminal: false, stdin: false, stdinOnce: false },
  });

/** What the kernel says of a process's parent, the shim. */
function shimOf(container: Task): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1]);
}

/** User and system time, in clock ticks (proc_pid_stat(5)). */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

test('a process has ended, although another goes on writing to its output', { timeout: 20_000 }, async () => {
  const container = await containers.create(
    'until [ -s /pid ]; do :; done; exec cat /dev/zero > /proc/$(cat /pid)/fd/1',
  );
  await container.start();
  const process = await exec(container, 'echo $$ > /pid; until [ -e /go ]; do :; done; exit 7');
  await process.start();
  await delay(300);
  await outputOf(await exec(container, 'echo > /go'));
  assert.equal((await process.exited).code, 7);
  await container.remove();
});

test('1,500 attached clients and 450 processes are served, and so is everybody else', async () => {
  const container = await containers.create('sleep 1000');
  await container.start();
  const sockets: Socket[] = [];
  for (let count = 0; count < 1500; count++)
    sockets.push(await container.attach({ stdin: false, stdout: true, stderr: true }));
  const processes: ExecProcess[] = [];
  for (let count = 0; count < 450; count++) {
    const process = await exec(container, 'sleep 1000');
    await process.start();
    processes.push(process);
  }
  assert.equal((await outputOf(await exec(container, 'echo heard'))).output, 'heard\n');
  await processes.at(-1)!.kill(9);
  assert.equal((await processes.at(-1)!.exited).code, 137);
  await container.remove();
  for (const socket of sockets) socket.destroy();
});

test('without descriptors left a shim turns clients away, and rests', async () => {
  const container = await containers.create('sleep 1000');
  await container.start();
  const shim = shimOf(container);
  const limit = readdirSync(`/proc/${shim}/fd`).length + 3;
  execFileSync('prlimit', [`--nofile=${limit}:`, '--pid', String(shim)]);
  const clients = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(containers.socketOf(container));
      const ended = new Promise<string>(resolve => {
        socket.once('close', () => resolve('turned away')).on('error', () => undefined);
      });
      socket.resume();
      return Promise.race([ended, delay(500, 'served', { ref: false })]).finally(() => socket.destroy());
    }),
  );
  assert.ok(clients.includes('turned away'));
  const before = ticksOf(shim);
  await delay(500);
  assert.ok(ticksOf(shim) - before < 10);
  execFileSync('prlimit', ['--nofile=1024:', '--pid', String(shim)]);
  assert.equal((await outputOf(await exec(container, 'echo heard'))).output, 'heard\n');
  await container.remove();
});

test('a user may be in more groups than a thousand', async () => {
  const groups = Array.from({ length: 2000 }, (_, index) => 5000 + index);
  const { output } = await containers.run('id -G | wc -w', ({ process }) => {
    process.user.additionalGids = groups;
  });
  assert.equal(output.trim(), '2001');
});

test('a log of any number of files is rotated by those that are there', { timeout: 20_000 }, async () => {
  const log = { path: join(containers.base, 'many.log'), maxBytes: 1000, maxFiles: 1_000_000_000 };
  const container = await containers.create('seq 100', () => undefined, { log });
  await container.start();
  await container.exited;
  assert.match(readFileSync(log.path, 'utf8') + readFileSync(`${log.path}.1`, 'utf8'), /"100\\n"/);
  assert.ok(existsSync(`${log.path}.5`));
  await container.remove();
});

test('a log of one file is rotated by a new one: who follows the old one reads it to its end', async () => {
  const log = { path: join(containers.base, 'one.log'), maxBytes: 1000, maxFiles: 1 };
  const container = await containers.create('until [ -e /go ]; do :; done; seq 100', () => undefined, {
    log,
  });
  await container.start();
  const follower = openSync(log.path, 'r');
  await outputOf(await exec(container, 'echo > /go'));
  await container.exited;
  assert.match(readFileSync(follower, 'utf8'), /"1\\n".*"10\\n"/s);
  closeSync(follower);
  assert.match(readFileSync(log.path, 'utf8'), /^\{"log":.*"100\\n"/s);
  assert.equal(existsSync(`${log.path}.new`), false);
  await container.remove();
});

test('a filter that forbids to execute and to exit fails the start, and leaves nothing', {
  timeout: 20_000,
}, async () => {
  const container = await containers.create('true', spec => {
    spec.linux!.seccomp = { defaultAction: 'SCMP_ACT_ERRNO' };
  });
  await assert.rejects(container.start(), /allows neither to execute nor to exit/);
  await container.remove();
  assert.equal(existsSync(`/proc/${container.pid}`), false);
});

test('a program is not looked for under a path that was cut', async () => {
  const long = `/${'x'.repeat(200)}`.repeat(25);
  const { output } = await containers.run('', ({ process }) => {
    process.args = ['echo', 'found'];
    process.env = [`PATH=${long}:/bin`];
  });
  assert.equal(output, 'found\n');
  await assert.rejects(
    containers.create('', ({ process }) => {
      process.args = [long];
    }),
    /file name too long/,
  );
});

test('a passwd of gigabytes is not read to its end', { timeout: 20_000 }, async () => {
  const passwd = join(containers.root, 'etc/passwd');
  const before = readFileSync(passwd);
  truncateSync(passwd, 2 ** 40);
  const started = performance.now();
  const { output } = await containers.run('echo $HOME', ({ process }) => {
    process.user.uid = 77;
  });
  assert.equal(output, '/\n');
  assert.ok(performance.now() - started < 5000);
  writeFileSync(passwd, before);
});

test('a tree that is too deep to be copied up fails the start', async () => {
  let path = join(containers.root, 'deep');
  for (let depth = 0; depth < 600; depth++) path = join(path, 'd');
  execFileSync('mkdir', ['-p', path.slice(0, 1200)]);
  await assert.rejects(
    containers.create('true', spec => {
      spec.mounts!.push({ destination: '/deep', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] });
    }),
    /mount\(.*\): file name too long/,
  );
});

test('cgroups that a container has made go with it, however deep they are', async () => {
  const container = await containers.create('sleep 1000', spec => {
    spec.mounts!.find(({ type }) => type === 'cgroup')!.options = ['rw'];
    spec.process.capabilities!.effective!.push('CAP_SYS_ADMIN');
  });
  await container.start();
  const script =
    'cd /sys/fs/cgroup; [ -d unified ] && cd unified || [ -e cgroup.procs ] || cd pids; i=0; while [ $i -lt 300 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done; echo made';
  assert.equal((await outputOf(await exec(container, script))).output, 'made\n');
  await container.remove();
  assert.deepEqual(containers.cgroupsLeft(), []);
});

test('nothing is mounted inside /proc, by any name', async () => {
  const source = join(containers.base, 'source');
  mkdirSync(source);
  writeFileSync(join(containers.base, 'file'), 'content');
  symlinkSync('/proc', join(containers.root, 'link'));
  symlinkSync('/proc/self/attr', join(containers.root, 'attributes'));
  const bound = (destination: string, from = source) =>
    containers.run('cat /proc/cpuinfo', spec => {
      spec.mounts!.push({ destination, type: 'bind', source: from, options: ['rbind'] });
    });
  for (const destination of ['/link/sys', '/link/1', '/link/self', '/attributes', '/link/fs/../sys'])
    await assert.rejects(bound(destination), /cannot be mounted because it is inside \/proc/, destination);
  await assert.rejects(bound('/link'), /cannot be mounted because it is not of type proc/);
  assert.equal((await bound('/link/cpuinfo', join(containers.base, 'file'))).output, 'content');
  await assert.rejects(
    containers.run('true', spec => {
      spec.mounts!.push({ destination: '/link/sys', type: 'tmpfs', source: 'tmpfs' });
    }),
    /cannot be mounted because it is inside \/proc/,
  );
});

const mayLowerScores =
  (BigInt(`0x${/^CapEff:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`) >> 24n) & 1n;

test('the kernel kills a shim last when memory runs out, and its container as any other', {
  skip: !mayLowerScores && 'without CAP_SYS_RESOURCE',
}, async () => {
  const container = await containers.create('cat /proc/self/oom_score_adj; sleep 1000');
  await container.start();
  const scoreOf = (pid: number) => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim();
  const own = scoreOf(process.pid);
  assert.equal(scoreOf(shimOf(container)), '-998');
  assert.equal(scoreOf(container.pid), own);
  assert.equal((await outputOf(await exec(container, 'cat /proc/self/oom_score_adj'))).output, `${own}\n`);
  await container.remove();
});

/** Where a reader's buffer may end, a number begins with that of a process that is not listed. */
function listWith(member: number, bystander: string): string {
  let text = `${member}\n`;
  for (const end of [4095, 8191]) {
    text += `${'0'.repeat(end - bystander.length - text.length - 1)}\n`;
    text += `${bystander}${bystander.length < 7 ? '999' : '99'}\n`;
  }
  return text;
}

test('without cgroup.kill, processes are killed that a cgroup lists, and no others', async () => {
  const cgroup = join(containers.base, 'cgroup');
  mkdirSync(cgroup);
  const [member, bystander] = [1, 2].map(() => spawn('sleep', ['1000'], { stdio: 'ignore' }));
  assert.ok(member && bystander);
  const ended = once(member, 'exit');
  const list = join(cgroup, 'cgroup.procs');
  writeFileSync(list, listWith(member.pid ?? 0, String(bystander.pid)));
  writeFileSync(join(cgroup, 'container.json'), '');
  const path = new URL('../shim/bin/slipway-shim', import.meta.url).pathname;
  const { connection } = await spawnShim({ path, containerId: 'x', descriptors: [] });
  const killed = connection.request(MESSAGES.create, writer => {
    for (const field of [0, 'x', cgroup, '', 0, 1, '', ''])
      if (typeof field === 'number') writer.int(field);
      else writer.string(field);
    writePlan(writer, { parent: [], child: [], cleanup: [{ op: 'kill-cgroup', path: cgroup }] });
  });
  const failed = assert.rejects(killed);
  await ended;
  writeFileSync(list, '');
  await failed;
  assert.deepEqual([member.signalCode, bystander.signalCode], ['SIGKILL', null]);
  bystander.kill('SIGKILL');
  connection.kill();
  await connection.closed;
});
