/** What callers of runc and crun have come to rely on, beyond what the specification says. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { detectCgroupLayout } from '../src/cgroups/layout.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';

const runtime = new Runtime();
after(() => runtime.close());

const { mode } = detectCgroupLayout();

test('flags may follow the arguments, but not those of a command line within', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100']), 'flags');
  await runtime.succeed('update', 'flags', '--pids-limit', '33', '--memory', '50M');
  const { data } = JSON.parse(await runtime.succeed('events', 'flags', '--stats')) as {
    data: { pids: { limit: number }; memory: { usage: { limit: number } } };
  };
  assert.deepEqual([data.pids.limit, data.memory.usage.limit], [33, 50 * 1024 * 1024]);
  assert.equal(await runtime.succeed('exec', 'flags', 'echo', '-n', '--cwd', '/x'), '--cwd /x');
  assert.match(await runtime.succeed('ps', 'flags', '-e', '-f'), /sleep 100/);
  await runtime.succeed('kill', 'flags', '--all', 'KILL');
  await runtime.succeed('delete', 'flags', '--force');
  assert.match((await runtime.call('update', 'x', '--memory', '5Q')).stderr, /invalid size: '5Q'/);
});

test('of several values of a variable the last one counts, and HOME is the user’s own where it is empty', async () => {
  const root = runtime.ownRoot('homes');
  writeFileSync(
    join(root, 'etc/passwd'),
    `${'x'.repeat(5000)}:x:2000:0::/wrong:\nbroken\na:x:20001:1::/no:/bin/sh\nb:x:2000:2000:b:/home/b:/bin/sh\n`,
  );
  const env =
    (uid: number, ...entries: string[]): Change =>
    spec => {
      spec.root = { path: root };
      spec.process.user.uid = uid;
      spec.process.env = ['PATH=/bin', ...entries];
    };
  assert.equal(
    await runtime.output(['env'], env(2000, 'HOME=/x', 'HOME=', 'A=1', 'A=')),
    'PATH=/bin\nA=\nHOME=/home/b',
  );
  assert.equal(await runtime.output(['env'], env(77)), 'PATH=/bin\nHOME=/');
  assert.equal(await runtime.output(['env'], env(2000, 'HOME=/y')), 'PATH=/bin\nHOME=/y');
  rmSync(join(root, 'etc/passwd'));
  execFileSync('mkfifo', [join(root, 'etc/passwd')]);
  assert.equal(await runtime.output(['env'], env(2000)), 'PATH=/bin\nHOME=/');
});

test('a hook that fails is named by its moment and place, and ends the container', async () => {
  for (const moment of [
    'prestart',
    'createRuntime',
    'createContainer',
    'startContainer',
    'poststart',
  ] as const) {
    const stderr = await runtime.failure(
      spec => {
        // The one of startContainer is in the container's root.
        const sh = { path: '/bin/busybox', args: ['sh', '-c', 'true'] };
        spec.hooks = { [moment]: [sh, { ...sh, args: ['sh', '-c', 'echo why >&2; exit 3'] }] };
      },
      ['sleep', '100'],
    );
    assert.match(stderr, new RegExp(`error running ${moment} hook #1: .*exit status 3: why`), moment);
  }
});

test('hooks without an environment have the runtime’s, or the process’s where they run in the container', async () => {
  const log = join(runtime.base, 'hook-env');
  const bundle = runtime.bundle(['true'], spec => {
    spec.process.env = ['PATH=/bin', 'ONE=process'];
    spec.hooks = {
      createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', `echo runtime $ONE >> ${log}`] }],
      startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'echo container $ONE $HOME >> /tmp/log'] }],
    };
    spec.mounts!.push({ destination: '/tmp/log', type: 'bind', source: log, options: ['bind'] });
  });
  writeFileSync(log, '');
  await runtime.callWith({ env: { ONE: 'caller' } }, 'run', '-b', bundle, 'c');
  assert.equal(readFileSync(log, 'utf8'), 'runtime caller\ncontainer process /root\n');
});

test('the filter of the container holds for its startContainer hooks', async () => {
  const stderr = await runtime.failure(spec => {
    spec.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_KILL' }],
    };
    spec.process.rlimits = [{ type: 'RLIMIT_CORE', soft: 0, hard: 0 }];
    spec.hooks = { startContainer: [{ path: '/bin/mkdir', args: ['mkdir', '/tmp/never'] }] };
  });
  assert.match(stderr, /error running startContainer hook #0: .*bad system call/);
});

test('a cgroup that is in use, or frozen, takes no other container', async () => {
  const first = runtime.bundle(['sleep', '100']);
  await runtime.succeed('run', '-d', '-b', first, 'first');
  for (const command of ['run', 'create'])
    assert.match(
      (await runtime.call(command, '-b', first, 'second')).stderr,
      /container's cgroup is not empty/,
    );
  assert.equal(await runtime.status('first'), 'running');
  await runtime.succeed('delete', '-f', 'first');
  const path = JSON.parse(readFileSync(join(first, 'config.json'), 'utf8')).linux.cgroupsPath as string;
  const [directory, file, word] =
    mode === 'v2'
      ? [`/sys/fs/cgroup${path}`, 'cgroup.freeze', '1']
      : [`/sys/fs/cgroup/freezer${path}`, 'freezer.state', 'FROZEN'];
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, file), word);
  try {
    const { code, stderr } = await runtime.call('run', '-d', '-b', first, 'second');
    assert.equal(code, 1);
    assert.match(stderr, /container's cgroup unexpectedly frozen/);
    assert.ok(existsSync(directory));
  } finally {
    rmdirSync(directory);
  }
});

test('exec goes into cgroups below the container’s, and nowhere else', async () => {
  const bundle = runtime.bundle(['sleep', '100'], ({ mounts }) => {
    for (const entry of mounts!) if (entry.type === 'cgroup') entry.options = ['rw'];
  });
  await runtime.succeed('run', '-d', '-b', bundle, 'sub');
  const into = async (cgroup: string) =>
    (await runtime.call('exec', '--cgroup', cgroup, 'sub', 'true')).stderr;
  assert.match(await into('..'), /bad sub cgroup path: \.\. is not a sub cgroup path/);
  assert.match(await into('nowhere'), / adding pid .* to cgroups: .*no such file or directory/);
  assert.match(await into('whaaat:/'), /unknown controller whaaat/);
  assert.equal(await into('/'), '');
  const [top, controller] = mode === 'v2' ? ['/sys/fs/cgroup', ''] : ['/sys/fs/cgroup/pids', 'pids:'];
  await runtime.succeed('exec', 'sub', 'mkdir', `${top}/below`);
  const shown = await runtime.succeed(
    'exec',
    '--cgroup',
    `${controller}below`,
    'sub',
    'cat',
    '/proc/self/cgroup',
  );
  assert.match(shown, mode === 'v2' ? /^0::\/below$/m : /:pids:.*\/below$/m);
  await runtime.succeed('delete', '-f', 'sub');
  assert.deepEqual(runtime.leftovers(), []);
});

test('exec follows init where the container’s cgroup has become the parent of others', {
  skip: mode !== 'v2',
}, async () => {
  const bundle = runtime.bundle(['sleep', '100'], ({ mounts }) => {
    for (const entry of mounts!) if (entry.type === 'cgroup') entry.options = ['rw'];
  });
  await runtime.succeed('run', '-d', '-b', bundle, 'nested');
  const script =
    'cd /sys/fs/cgroup; mkdir foo; echo 1 > foo/cgroup.procs; echo $$ > foo/cgroup.procs; echo +memory > cgroup.subtree_control';
  await runtime.succeed('exec', 'nested', 'sh', '-ec', script);
  assert.equal(await runtime.succeed('exec', 'nested', 'cat', '/proc/self/cgroup'), '0::/foo\n');
  const { stderr } = await runtime.call('exec', '--cgroup', '/', 'nested', 'true');
  assert.match(stderr, / adding pid .* to cgroups: .*device or resource busy/);
  await runtime.succeed('delete', '-f', 'nested');
  assert.deepEqual(runtime.leftovers(), []);
});

test('the CPUs that the runtime itself is bound to are not passed on', async () => {
  const cpus = /^Cpus_allowed_list:\s*(\S+)$/m;
  const online = cpus.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
  const bundle = runtime.bundle(['sleep', '100']);
  const program = [runtime.program, '--root', runtime.root];
  const bound = (...args: string[]) =>
    execFileSync('taskset', ['-c', online.replace(/[-,].*/, ''), ...program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  // A pipe would be held open by what goes on.
  execFileSync('sh', [
    '-c',
    `taskset -c 0 ${program.join(' ')} run -d -b ${bundle} bound >/dev/null 2>&1 </dev/null`,
  ]);
  const { pid } = JSON.parse(await runtime.succeed('state', 'bound')) as { pid: number };
  assert.equal(cpus.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1], online);
  assert.equal(cpus.exec(String(bound('exec', 'bound', 'cat', '/proc/self/status')))![1], online);
  await runtime.succeed('delete', '-f', 'bound');
});

test('without a mount namespace of its own a container has its root, and its mounts go with it', async () => {
  const bundle = runtime.bundle(['ls', '/'], spec => {
    spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'mount');
    spec.linux.maskedPaths = spec.linux.readonlyPaths = [];
  });
  // Should it go wrong, it is not this machine's mounts.
  const script = `mount --make-rprivate / && ${runtime.program} --root ${runtime.root} run -b ${bundle} c; grep -c ${runtime.base} /proc/self/mounts`;
  const shown = execFileSync('unshare', ['-m', 'sh', '-c', `${script}; true`], { encoding: 'utf8' });
  assert.equal(shown, 'bin\ndev\netc\nproc\nroot\nsys\ntmp\n0\n');
  const { stderr } = await runtime.call(
    'run',
    '-b',
    runtime.bundle(['true'], spec => {
      spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'mount');
    }),
    'c',
  );
  assert.match(stderr, /unable to restrict sys entries without a private MNT namespace/);
});

test('what cannot be executed is named, found or not', async () => {
  const root = runtime.ownRoot('scripts');
  writeFileSync(join(root, 'run.sh'), '#!/no/such/interpreter\n', { mode: 0o755 });
  const bundle = runtime.bundle(['/run.sh'], spec => {
    spec.root = { path: root };
  });
  const told = { code: 255, stdout: '', stderr: 'exec /run.sh: no such file or directory\n' };
  assert.deepEqual(await runtime.call('run', '-b', bundle, 'c'), told);
  await runtime.succeed('create', '-b', bundle, 'c');
  await runtime.succeed('start', 'c');
  while ((await runtime.status('c')) !== 'stopped');
  await runtime.succeed('delete', 'c');
  assert.deepEqual(runtime.leftovers(), []);
});

test('a working directory is entered with the rights of the runtime, or else with those of the user', async () => {
  const root = runtime.ownRoot('private');
  mkdirSync(join(root, 'closed'), { mode: 0o700 });
  mkdirSync(join(root, 'own'), { mode: 0o700 });
  chownSync(join(root, 'own'), 1000, 1000);
  const enters = (cwd: string, uid: number) =>
    runtime.output(['sh', '-c', 'pwd'], ({ process, ...spec }) => {
      Object.assign(process, { cwd, user: { uid, gid: uid }, capabilities: {} });
      spec.root!.path = root;
    });
  assert.equal(await enters('/closed', 1000), '/closed');
  assert.equal(await enters('/own', 0), '/own');
  assert.equal(await enters('/own', 1000), '/own');
});

test('a capability that exec adds is an ambient one where the process may inherit it', async () => {
  const bundle = runtime.bundle(['sleep', '100'], ({ process }) => {
    process.capabilities = { bounding: ['CAP_KILL', 'CAP_SYSLOG'], inheritable: ['CAP_SYSLOG', 'CAP_KILL'] };
  });
  await runtime.succeed('run', '-d', '-b', bundle, 'caps');
  const added = ['--cap', 'CAP_SYSLOG', '--cap', 'CAP_CHOWN'];
  const shown = await runtime.succeed('exec', ...added, 'caps', 'cat', '/proc/self/status');
  assert.match(shown, /CapPrm:\s0*400000001\n(?:.*\n)*CapAmb:\s0*400000000\n/);
  await runtime.succeed('delete', '-f', 'caps');
});

test('a container that has not started yet ends by a signal', async () => {
  await runtime.succeed('create', '-b', runtime.bundle(['sleep', '100']), 'waiting');
  await runtime.succeed('kill', 'waiting', 'TERM');
  while ((await runtime.status('waiting')) !== 'stopped');
  await runtime.succeed('delete', 'waiting');
});

test('without pivot_root the host’s /proc is no way to an unmasked one', async () => {
  const script = 'unshare -mrpf mount -t proc none /proc || unshare -mr mount -t sysfs none /sys';
  const bundle = runtime.bundle(['sh', '-c', script], ({ process }) => {
    process.capabilities!.bounding = ['CAP_SETFCAP'];
    process.capabilities!.permitted = ['CAP_SETFCAP'];
    process.capabilities!.effective = ['CAP_SETFCAP'];
  });
  const { code, stderr } = await runtime.call('run', '--no-pivot', '-b', bundle, 'c');
  assert.notEqual(code, 0);
  assert.match(stderr, /permission denied/);
});

test('signal 0 looks whether a container runs, and --all is content with one that has stopped', async () => {
  await runtime.succeed('run', '--keep', '-b', runtime.bundle(['true']), 'kept');
  assert.equal(await runtime.status('kept'), 'stopped');
  assert.match((await runtime.call('kill', 'kept', '0')).stderr, /container not running/);
  await runtime.succeed('kill', '-a', 'kept', '0');
  assert.match(await runtime.succeed('ps', 'kept'), /^UID +PID/);
  await runtime.succeed('delete', 'kept');
  await runtime.succeed('delete', '--force', 'kept');
  assert.deepEqual(runtime.leftovers(), []);
});

test('a root that was asked for has to be there to be listed', async () => {
  const { code } = await runtime.call('--root', join(runtime.base, 'nowhere'), 'list');
  assert.equal(code, 1);
});

test('processes of a container without a pid namespace are killed though their init has gone', async () => {
  const bundle = runtime.bundle(['sleep', '100'], spec => {
    spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'pid');
  });
  for (const end of [
    ['kill', 'left', 'KILL'],
    ['delete', 'left'],
  ]) {
    await runtime.succeed('run', '-d', '-b', bundle, 'left');
    await runtime.succeed('exec', '-d', 'left', 'sleep', '200');
    const pids = JSON.parse(await runtime.succeed('ps', '-f', 'json', 'left')) as number[];
    const { pid } = JSON.parse(await runtime.succeed('state', 'left')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    while ((await runtime.status('left')) !== 'stopped');
    await runtime.succeed(...end);
    for (const one of pids) assert.ok(!existsSync(`/proc/${one}/root/bin/busybox`));
    await runtime.succeed('delete', '-f', 'left');
  }
  assert.deepEqual(runtime.leftovers(), []);
});

test('keys of the configuration may be in any case, as Go programs read them', async () => {
  const bundle = runtime.bundle(['cat', '/proc/self/status'], spec => {
    const { resources } = spec.linux;
    spec.linux.resources = { ...resources, CPU: { Cpus: '0', Mems: '0' } } as never;
  });
  assert.match(await runtime.succeed('run', '-b', bundle, 'c'), /^Cpus_allowed_list:\s+0$/m);
});

test('crun’s flags for the configuration’s name and the cgroup manager are understood', async () => {
  const bundle = runtime.bundle(['true']);
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as Parameters<Change>[0];
  config.process.args = ['echo', 'other'];
  mkdirSync(join(bundle, 'dir'));
  writeFileSync(join(bundle, 'dir/other.json'), JSON.stringify(config));
  const { stdout } = await runtime.call(
    '--cgroup-manager',
    'disabled',
    'run',
    '-b',
    bundle,
    '--config',
    'dir/other.json',
    'c',
  );
  assert.equal(stdout, 'other\n');
  assert.match((await runtime.call('--cgroup-manager', 'x', 'list')).stderr, /unknown cgroup manager/);
});

test('--debug tells every operation, in the log’s own format, and nothing else changes', async () => {
  const log = join(runtime.base, 'debug.log');
  const bundle = runtime.bundle(['echo', 'hello']);
  const outcome = await runtime.call(
    '--debug',
    '--log',
    log,
    '--log-format',
    'json',
    'run',
    '-b',
    bundle,
    'c',
  );
  assert.deepEqual(outcome, { code: 0, stdout: 'hello\n', stderr: '' });
  const entries = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { level: string; msg: string });
  assert.ok(entries.every(({ level }) => level === 'debug'));
  for (const words of [/^plan: \d+ operations of the parent/, /^parent: /, /^child: pivot-root/])
    assert.ok(
      entries.some(({ msg }) => words.test(msg)),
      String(words),
    );
});

test('nothing of the host is set by way of a namespace that is its own', async () => {
  // Should it go wrong, it is not this machine's.
  const outcome = (change: Change) => {
    const bundle = runtime.bundle(['true'], change);
    const script = `hostname inner; ${runtime.program} --root ${runtime.root} run -b ${bundle} c 2>&1; hostname`;
    return execFileSync('unshare', ['-n', '-u', '-i', 'sh', '-c', script], { encoding: 'utf8' });
  };
  const own =
    (type: string, file: string): Change =>
    ({ linux }) => {
      for (const namespace of linux.namespaces!)
        if (namespace.type === type) namespace.path = `/proc/self/ns/${file}`;
    };
  const sysctl = outcome(spec => {
    own('network', 'net')(spec);
    spec.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
  });
  assert.match(sysctl, /sysctl .*net\.ipv4\.ip_forward.* not allowed in host network namespace/);
  const name = outcome(spec => {
    own('uts', 'uts')(spec);
    spec.hostname = 'outer';
  });
  assert.match(name, /unable to set hostname without a private UTS namespace.*\ninner\n$/s);
});

test('capabilities that cannot be had are left out with a warning, by run and exec', async () => {
  const bundle = runtime.bundle(['sleep', '100'], ({ process: { capabilities } }) => {
    capabilities!.bounding!.push('CAP_MADE_UP');
    capabilities!.ambient = ['CAP_KILL'];
    capabilities!.inheritable = [];
  });
  const started = await runtime.call('run', '-d', '-b', bundle, 'caps');
  const executed = await runtime.call('exec', '--cap', 'CAP_OTHER', 'caps', 'true');
  assert.equal(started.code, 0);
  assert.equal(executed.code, 0);
  assert.match(started.stderr, /level=warning msg="ignoring unknown or unavailable .*\[CAP_MADE_UP\]"/);
  assert.match(started.stderr, /level=warning msg="can't raise ambient capability CAP_KILL/);
  assert.match(executed.stderr, /ignoring unknown .*: \[CAP_MADE_UP CAP_OTHER\]/);
  await runtime.succeed('delete', '-f', 'caps');
});

test('the socket of a service manager is there for the container, under runc’s name', async () => {
  const path = join(runtime.base, 'notify.sock');
  const script = 'require("net").createServer().listen(process.argv[1], () => console.log("ready"))';
  const manager = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(manager.stdout, 'data');
  try {
    const bundle = runtime.bundle(['sh', '-c', 'echo $NOTIFY_SOCKET; stat -c %F $NOTIFY_SOCKET']);
    const { stdout } = await runtime.callWith({ env: { NOTIFY_SOCKET: path } }, 'run', '-b', bundle, 'c');
    assert.equal(stdout, '/run/notify/notify.sock\nsocket\n');
  } finally {
    manager.kill();
  }
});

test('the version is told in the lines that callers of runc look for', async () => {
  const lines = (await runtime.succeed('--version')).split('\n');
  assert.match(lines[0]!, / version \d+\.\d+\.\d+/);
  assert.match(lines[1]!, /^commit: ./);
  assert.match(lines[2]!, /^spec: \d+\.\d+\.\d+/);
});

test('its messages have the name that it was called by, as those who read those of runc expect', () => {
  const runc = join(runtime.base, 'runc');
  symlinkSync(runtime.program, runc);
  const call = (...words: string[]) => spawnSync(runc, words, { encoding: 'utf8' });
  assert.match(call('--version').stdout, /^runc version /);
  assert.match(call('--help').stdout, /^NAME:\n   runc - /);
  assert.match(call('run', '-b', '/missing', 'x').stderr, /level=error msg="runc run failed: /);
  assert.match(call('state').stderr, /runc: \\"state\\" requires exactly 1 argument/);
});

test('hooks of the container find what is mounted in its root where they are, and mount there for it', async () => {
  const root = runtime.ownRoot('hooked');
  const file = join(runtime.base, 'hooked-file');
  writeFileSync(file, 'bound\n');
  const script = `test -e proc/self && touch ./lib && mount --bind ${file} ./lib`;
  const shown = await runtime.output(['cat', '/lib'], spec => {
    spec.root = { path: root };
    spec.hooks = { createContainer: [{ path: '/bin/sh', args: ['sh', '-c', script] }] };
  });
  assert.equal(shown, 'bound');
  assert.equal(readFileSync(join(root, 'lib'), 'utf8'), '');
});

test('a filter may forget every system call that the program itself does not need', async () => {
  const names = 'close_range fsopen fsconfig fspick openat2 open_tree move_mount mount_setattr'.split(' ');
  const shown = await runtime.output(['ls', '/proc/self/fd'], ({ linux }) => {
    linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: 38 }],
    };
  });
  // The last one is of the directory itself.
  assert.equal(shown, '0\n1\n2\n3');
});

test('the number that stands for no user is none that a process can have', async () => {
  const none = 2 ** 32 - 1;
  for (const user of [
    { uid: none, gid: 0 },
    { uid: 0, gid: none },
    { uid: 0, gid: 0, additionalGids: [none] },
  ])
    assert.match(
      await runtime.failure(spec => {
        spec.process.user = user;
      }),
      /process\.user\..*: expected an integer from 0 to 4294967294/,
    );
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100']), 'user');
  const { stderr } = await runtime.call('exec', '--user', String(none), 'user', 'true');
  assert.match(stderr, /process\.user\.uid: expected an integer/);
  await runtime.succeed('delete', '-f', 'user');
});
