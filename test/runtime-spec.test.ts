import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  lchownSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NETLINK_ROUTE } from '../src/kernel/abi/netlink.ts';
import { createNetworkNamespace, inNetworkNamespace } from '../src/kernel/namespaces.ts';
import { addAddress } from '../src/kernel/netlink/address-messages.ts';
import { addVethPair, getLink, parseLink } from '../src/kernel/netlink/link-messages.ts';
import { NetlinkSocket } from '../src/kernel/netlink/netlink-socket.ts';
import type { Mount } from '../src/oci/runtime-spec.ts';
import { exampleSpec } from '../src/runtime/example-spec.ts';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';
import { until } from '../src/base/testing/until.ts';

const runtime = new Runtime();
after(() => runtime.close());

/** What `command` prints in a container of that configuration. */
async function output(command: string, change?: Change): Promise<string> {
  return (await runtime.succeed('run', '-b', runtime.bundle(['sh', '-c', command], change), 'spec')).trim();
}

const usersRoot = join(runtime.base, 'users-root');
makeBusyboxRoot(usersRoot);
for (const path of ['', ...(readdirSync(usersRoot, { recursive: true }) as string[])])
  lchownSync(join(usersRoot, path), 100_000, 200_000);

const withUserNamespace: Change = spec => {
  spec.root = { path: usersRoot };
  spec.linux.namespaces?.push({ type: 'user' });
  spec.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  spec.linux.gidMappings = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
};

function mount(entry: Mount): Change {
  return ({ mounts }) => mounts?.push(entry);
}

function directory(name: string): string {
  const path = join(runtime.base, name);
  mkdirSync(path, { recursive: true });
  return path;
}

test('a user namespace has its maps, its own root, and devices of the host', async () => {
  const bound = directory('bound');
  writeFileSync(join(bound, 'file'), 'reached\n');
  chownSync(join(bound, 'file'), 100_000, 200_000);
  const script =
    'cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u:%g /mnt/file; echo x > /dev/null && cat /mnt/file; mount -t tmpfs x /tmp && echo mounted';
  const result = await output(script, spec => {
    withUserNamespace(spec);
    spec.process.oomScoreAdj = 100;
    spec.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 2000, hard: 3000 }];
    spec.process.capabilities = Object.fromEntries(
      ['bounding', 'effective', 'permitted'].map(set => [set, ['CAP_SYS_ADMIN', 'CAP_SETUID']]),
    );
    mount({ destination: '/mnt', type: 'bind', source: bound, options: ['rbind'] })(spec);
  });
  assert.deepEqual(
    result.split('\n').map(line => line.trim().replace(/ +/g, ' ')),
    ['0 100000 65536', '0 200000 65536', '0', '0:0', 'reached', 'mounted'],
  );
});

test('a limit of open files that the mounts need more than is set after them, and for an exec too', async () => {
  const low = [{ type: 'RLIMIT_NOFILE', soft: 5, hard: 6 }];
  const bound = directory('bound-often');
  const many = Array.from({ length: 30 }, (_, index) => ({
    destination: `/mnt/${index}`,
    type: 'bind',
    source: bound,
    options: ['rbind'],
  }));
  const change: Change = spec => {
    withUserNamespace(spec);
    spec.process.rlimits = low;
    spec.mounts!.push(...many);
  };
  assert.equal(await output('ulimit -n; ulimit -Hn', change), '5\n6');
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000'], change), 'limited');
  assert.equal(await runtime.succeed('exec', 'limited', 'sh', '-c', 'ulimit -n; ulimit -Hn'), '5\n6\n');
  await runtime.succeed('delete', '-f', 'limited');
});

test('a user namespace need not have a root', async () => {
  const ids = { uid: 1000, gid: 1000 };
  const rootless: Change = spec => {
    withUserNamespace(spec);
    spec.process.user = ids;
    spec.linux.uidMappings = [{ containerID: 1000, hostID: 100_000, size: 1 }];
    spec.linux.gidMappings = [{ containerID: 1000, hostID: 200_000, size: 1 }];
    for (const entry of spec.mounts!) entry.options = entry.options?.filter(option => option !== 'gid=5');
  };
  assert.match(await output('id -u; cat /proc/self/uid_map', rootless), /^1000\n +1000 +100000 +1$/);
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100'], rootless), 'no-root');
  assert.equal(await runtime.succeed('exec', 'no-root', 'sh', '-c', 'id -u; id -g'), '1000\n1000\n');
  await runtime.succeed('delete', '-f', 'no-root');
});

test('an exec is in the user namespace too, as its root and with its cgroup', async () => {
  const bundle = runtime.bundle(['sleep', '1000'], withUserNamespace);
  await runtime.succeed('run', '-d', '-b', bundle, 'users');
  const script = 'id -u; readlink /proc/self/ns/user; readlink /proc/1/ns/user; hostname';
  const lines = (await runtime.succeed('exec', 'users', 'sh', '-c', script)).trim().split('\n');
  assert.equal(lines[0], '0');
  assert.equal(lines.at(-3), lines.at(-2));
  assert.equal(lines.at(-1), 'slipway');
  const pids = JSON.parse(await runtime.succeed('ps', '-f', 'json', 'users')) as number[];
  assert.equal(pids.length, 1);
  await runtime.succeed('delete', '-f', 'users');
  assert.deepEqual(runtime.leftovers(), []);
});

test('namespaces of another container are joined by path, those of a user namespace included', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '1000'], withUserNamespace), 'first');
  const { pid } = JSON.parse(await runtime.succeed('state', 'first')) as { pid: number };
  const types = ['user', 'uts', 'ipc', 'network', 'pid'] as const;
  const files = { user: 'user', uts: 'uts', ipc: 'ipc', network: 'net', pid: 'pid' };
  const own = await output('for n in user uts ipc net pid; do readlink /proc/self/ns/$n; done', spec => {
    const joined = types.map(type => ({ type, path: `/proc/${pid}/ns/${files[type]}` }));
    spec.linux.namespaces = [...joined, { type: 'mount' }, { type: 'cgroup' }];
    spec.root = { path: usersRoot };
    spec.hostname = undefined;
    spec.mounts = spec.mounts?.filter(({ type }) => type !== 'mqueue');
  });
  const theirs = await runtime.succeed(
    'exec',
    'first',
    'sh',
    '-c',
    'for n in user uts ipc net pid; do readlink /proc/self/ns/$n; done',
  );
  assert.equal(own, theirs.trim());
  await runtime.succeed('delete', '-f', 'first');
});

test('a time namespace has its offsets', async () => {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const shown = await output('cat /proc/uptime', spec => {
    spec.linux.namespaces?.push({ type: 'time' });
    spec.linux.timeOffsets = { boottime: { secs: 1_000_000 }, monotonic: { secs: 5 } };
  });
  const difference = Number(shown.split(' ')[0]) - uptime;
  assert.ok(difference >= 1_000_000 && difference < 1_000_100, shown);
});

test('in a user namespace devices are those that were asked for, wherever the host has them, and have owners', async () => {
  const devices = [
    { path: '/dev/named', type: 'c' as const, major: 1, minor: 3, fileMode: 0o640, uid: 5, gid: 6 },
    // There is something else of that name on the host.
    { path: '/dev/kmsg', type: 'c' as const, major: 1, minor: 5 },
    { path: '/dev/deep/zero', type: 'c' as const, major: 1, minor: 5 },
  ];
  const script = `cd /dev; stat -c '%F %t:%T %u:%g %a' named kmsg deep/zero
    echo x > kmsg && head -c 2 kmsg | wc -c; head -c 3 deep/zero | wc -c`;
  const shown = await output(script, spec => {
    withUserNamespace(spec);
    spec.linux.devices = devices;
  });
  const type = 'character special file';
  assert.equal(shown, `${type} 1:3 5:6 640\n${type} 1:5 0:0 666\n${type} 1:5 0:0 666\n2\n3`);
  const { stderr } = await runtime.call(
    'run',
    '-b',
    runtime.bundle(['sh', '-c', ': > /dev/forbidden'], spec => {
      withUserNamespace(spec);
      spec.linux.devices = [{ path: '/dev/forbidden', type: 'c', major: 1, minor: 11 }];
    }),
    'forbidden',
  );
  assert.match(stderr, /forbidden: Operation not permitted/);
  assert.deepEqual(runtime.leftovers(), []);
});

test("the caller's groups are kept where an annotation asks for it", async () => {
  const groups = async (change: Change) => {
    const bundle = runtime.bundle(['id', '-G'], change);
    const program =
      'process.setgroups([5, 7]); require("child_process").execFileSync(process.argv[1], process.argv.slice(2), { stdio: "inherit" })';
    const words = ['-e', program, runtime.program, '--root', runtime.root, 'run', '-b', bundle, 'groups'];
    return execFileSync(process.execPath, words, { encoding: 'utf8' }).trim();
  };
  assert.equal(await groups(() => undefined), '0');
  const kept = { 'run.oci.keep_original_groups': '1' };
  assert.equal(await groups(spec => void (spec.annotations = kept)), '0 5 7');
});

test('an idmapped bind shows other owners, below it too when recursive', async () => {
  const outer = directory('idmap');
  writeFileSync(join(outer, 'file'), '');
  chownSync(join(outer, 'file'), 1000, 1000);
  const maps = [{ containerID: 1000, hostID: 4000, size: 10 }];
  const result = await output(
    'stat -c %u:%g /mnt/file',
    mount({
      destination: '/mnt',
      type: 'bind',
      source: outer,
      options: ['rbind', 'ridmap'],
      uidMappings: maps,
      gidMappings: maps,
    }),
  );
  assert.equal(result, '4000:4000');
  const inside = await output('stat -c %u:%g /mnt/file; touch /mnt/new', spec => {
    withUserNamespace(spec);
    spec.linux.uidMappings = [
      { containerID: 0, hostID: 0, size: 1 },
      { containerID: 1, hostID: 100_001, size: 65_535 },
    ];
    spec.linux.gidMappings = spec.linux.uidMappings;
    spec.root = { path: join(runtime.base, 'rootfs') };
    mount({ destination: '/mnt', type: 'bind', source: outer, options: ['bind', 'idmap'] })(spec);
  });
  assert.equal(inside, '1000:1000');
  assert.equal(statSync(join(outer, 'new')).uid, 0);
});

test('an idmapped bind takes the maps of a user namespace that is joined', async () => {
  const source = directory('idmap-joined');
  writeFileSync(join(source, 'file'), '');
  chownSync(join(source, 'file'), 7, 9);
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100'], withUserNamespace), 'maps');
  const { pid } = JSON.parse(await runtime.succeed('state', 'maps'));
  const result = await output('stat -c %u:%g /mnt/file; touch /mnt/new', spec => {
    spec.root = { path: usersRoot };
    spec.linux.namespaces?.push({ type: 'user', path: `/proc/${pid}/ns/user` });
    mount({ destination: '/mnt', type: 'bind', source, options: ['bind', 'idmap'] })(spec);
  });
  await runtime.succeed('delete', '-f', 'maps');
  assert.equal(result, '7:9');
  assert.equal(statSync(join(source, 'new')).gid, 0);
});

for (const [where, change, shown] of [
  ['', () => undefined, '0:0\n100000:100000'],
  [' in a user namespace', withUserNamespace, '65534:65534\n0:65534'],
] as [string, Change, string][])
  test(`an idmapped bind can be of what another mount of the container has just made${where}`, async () => {
    const outer = directory('idmap-own');
    writeFileSync(join(outer, 'file'), '');
    const maps = [{ containerID: 0, hostID: 100_000, size: 10 }];
    const result = await output('stat -c %u:%g /first/file /second/file', spec => {
      change(spec);
      const source = join(spec.root!.path, 'first');
      const mapped = { type: 'bind', source, options: ['bind'], uidMappings: maps, gidMappings: maps };
      mount({ destination: '/first', type: 'bind', source: outer, options: ['bind'] })(spec);
      mount({ destination: '/second', ...mapped })(spec);
    });
    assert.equal(result, shown);
  });

test('a tmpfs with tmpcopyup begins with what it lies on', async () => {
  const result = await output('cat /etc/passwd; echo x > /etc/new && ls /etc', spec => {
    mount({ destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] })(spec);
  });
  assert.equal(result, 'root:x:0:0:root:/root:/bin/sh\ngroup\nnew\npasswd');
});

test('what is asked of a tmpfs holds with tmpcopyup too, and an empty option asks for nothing', async () => {
  const result = await output('stat -c "%a %u %g" /etc /root /missing', spec => {
    const add = (destination: string, ...options: string[]) =>
      mount({ destination, type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', ...options] })(spec);
    add('/etc', '', 'mode=1751', 'uid=5');
    add('/root', '');
    add('/missing');
  });
  assert.equal(result, '1751 5 0\n755 0 0\n1777 0 0');
});

test('a read-only /dev, or tmpfs, has its devices and mount points first', async () => {
  const script =
    'for i in /dev /empty /dev/shm; do touch $i/x && echo $i; done 2>/dev/null; : >/dev/null && touch /empty/inner/x && ls /dev/pts /dev/null';
  const result = await output(script, spec => {
    for (const { destination, options } of spec.mounts!)
      if (destination === '/dev' || destination === '/dev/shm') options!.push('ro');
    mount({ destination: '/empty', type: 'tmpfs', source: 'tmpfs', options: ['ro'] })(spec);
    mount({ destination: '/empty/inner', type: 'tmpfs', source: 'tmpfs' })(spec);
  });
  assert.equal(result, '/dev/null\n\n/dev/pts:\nptmx');
});

test('recursive attributes hold below a bind, plain ones only for the top mount', async () => {
  const source = directory('recursive');
  mkdirSync(join(source, 'below'), { recursive: true });
  const result = await output(
    'touch /a/x 2>&1; touch /a/below/y && echo below; touch /b/x 2>&1; touch /b/below/y 2>&1; true',
    spec => {
      // The inner mount of the tree is made by the container itself, below the source's own.
      mount({ destination: '/tree', type: 'tmpfs', source: 'x' })(spec);
      mount({ destination: '/a', type: 'bind', source, options: ['rbind', 'ro'] })(spec);
      mount({ destination: '/a/below', type: 'tmpfs', source: 'x' })(spec);
      mount({ destination: '/b', type: 'bind', source, options: ['rbind', 'rro'] })(spec);
    },
  );
  assert.match(
    result,
    /\/a\/x: Read-only file system\nbelow\n.*\/b\/x: Read-only.*\n.*\/b\/below\/y: Read-only/,
  );
});

test('the root has the propagation that is asked for, and nothing of it reaches the host', async () => {
  const before = readFileSync('/proc/self/mountinfo', 'utf8');
  for (const [propagation, word] of [
    ['shared', / shared:\d+ /],
    ['slave', / master:\d+ | - /],
    ['private', / rw,\S* - /],
    ['unbindable', / unbindable /],
  ] as const) {
    const shown = await output('cat /proc/self/mountinfo', spec => {
      spec.linux.rootfsPropagation = propagation;
    });
    const root = shown.split('\n').find(line => line.split(' ')[4] === '/');
    assert.match(root ?? '', word, `${propagation}: ${root}`);
  }
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length, before.split('\n').length);
});

test('the root has any propagation, also where its bundle lies on a shared mount', async () => {
  const shared = directory('shared');
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', shared]);
  try {
    execFileSync('mount', ['--make-shared', shared]);
    const root = join(shared, 'root');
    cpSync(join(runtime.base, 'rootfs'), root, { recursive: true, verbatimSymlinks: true });
    for (const propagation of [
      'shared',
      'slave',
      'private',
      'rshared',
      'rslave',
      'rprivate',
      'unbindable',
      'runbindable',
    ])
      assert.equal(
        await output('echo here', spec => {
          spec.root = { path: root };
          spec.linux.rootfsPropagation = propagation;
        }),
        'here',
        propagation,
      );
  } finally {
    execFileSync('umount', ['-l', shared]);
  }
});

test('what is masked or read-only may be named twice', async () => {
  const shown = await runtime.output(['cat', '/proc/self/mountinfo'], spec => {
    spec.linux.maskedPaths = ['/proc/keys', '/proc/keys'];
    spec.linux.readonlyPaths = ['/proc/sys', '/proc/sys'];
  });
  for (const path of ['/proc/keys', '/proc/sys'])
    assert.equal(shown.split('\n').filter(line => line.split(' ')[4] === path).length, 1, path);
});

test('scheduling, I/O priority, personality, umask, domain name and limits are as configured', async () => {
  const script =
    'cat /proc/self/sched | grep -E "policy|prio"; umask; uname -m; cat /proc/sys/kernel/domainname; ulimit -n; cat /proc/self/oom_score_adj';
  const result = await output(script, spec => {
    spec.process.scheduler = { policy: 'SCHED_BATCH', nice: 5 };
    spec.process.ioPriority = { class: 'IOPRIO_CLASS_IDLE', priority: 7 };
    spec.process.user.umask = 0o077;
    spec.process.oomScoreAdj = 321;
    spec.linux.personality = { domain: 'LINUX32' };
    spec.linux.memoryPolicy = { mode: 'MPOL_PREFERRED', nodes: '0' };
    spec.domainname = 'example.org';
  });
  const lines = result.split('\n');
  assert.ok(
    lines.some(line => /^policy\s+:\s+3$/.test(line)),
    result,
  );
  assert.ok(
    lines.some(line => /^prio\s+:\s+125$/.test(line)),
    result,
  );
  assert.deepEqual(lines.slice(-5), ['0077', 'i686', 'example.org', '1024', '321']);
});

test('a seccomp agent gets the container’s state with the listener', async () => {
  const path = join(runtime.base, 'agent');
  const message = Promise.withResolvers<Record<string, unknown>>();
  const server = createServer(connection => {
    connection.once('data', data => message.resolve(JSON.parse(String(data)) as Record<string, unknown>));
  }).listen(path);
  // The notification is not answered: the call fails with ENOSYS as the listener is closed.
  await output('mkdir /tmp/never; true', spec => {
    spec.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      listenerPath: path,
      listenerMetadata: 'meta',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
    };
  });
  server.close();
  const { fds, metadata, pid, state } = await message.promise;
  assert.deepEqual(fds, ['seccompFd']);
  assert.equal(metadata, 'meta');
  assert.ok(Number(pid) > 1);
  assert.equal((state as { id: string; pid: number }).id, 'spec');
  assert.equal((state as { pid: number }).pid, pid);
});

/** A bundle of runc's rootless example. */
function rootlessBundle(script: string, change: Change): string {
  const bundle = runtime.bundle(['sh', '-c', script]);
  const spec = exampleSpec(true);
  const process = { ...spec.process!, terminal: false, args: ['sh', '-c', script] };
  const edited = { ...spec, process, linux: { ...spec.linux }, root: { path: join(runtime.base, 'rootfs') } };
  // Without a network namespace of its own it sees the host's sysfs, and cgroups it may not make.
  edited.mounts = spec.mounts?.filter(({ type }) => type !== 'cgroup');
  change(edited);
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(edited));
  for (const path of [runtime.base, bundle]) chmodSync(path, 0o755);
  for (const path of ['proc', 'dev', 'sys']) directory(`rootfs/${path}`);
  return bundle;
}

/** What the runtime prints that a user without privileges calls. */
function callAs([uid, gid]: readonly [number, number], words: string[], prefix: string[] = []): string {
  const home = directory(`home-${uid}`);
  chownSync(home, uid, gid);
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const call = [runtime.program, '--root', join(home, 'state'), ...words];
  const [program = '', ...args] = [...prefix, 'setpriv', ...identity, ...call];
  const env = { ...globalThis.process.env, HOME: home, XDG_RUNTIME_DIR: home };
  // A detached process does not have its caller's streams.
  const output = words.includes('-d') ? 'ignore' : 'pipe';
  return execFileSync(program, args, { encoding: 'utf8', env, stdio: ['ignore', output, output] }) ?? '';
}

function runAs(uid: number, gid: number, script: string, change: Change, prefix: string[] = []): string {
  const shown = callAs([uid, gid], ['run', '-b', rootlessBundle(script, change), 'mine'], prefix);
  return shown.replace(/ +/g, ' ').replace(/^ /gm, '').trim();
}

const mapsSelf: Change = ({ linux }) => {
  linux.uidMappings = [{ containerID: 0, hostID: 1234, size: 1 }];
  linux.gidMappings = [{ containerID: 0, hostID: 1235, size: 1 }];
};

test('a user without privileges runs a container of its own', () => {
  const shown = runAs(1234, 1235, 'id -u; id -g; hostname; cat /proc/self/uid_map', mapsSelf);
  assert.equal(shown, '0\n0\nslipway\n0 1234 1');
});

test('without cgroups of its own a container sees those that it is in', () => {
  const script = 'ls /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/tasks 2>/dev/null | wc -l';
  const shown = runAs(1234, 1235, script, spec => {
    mapsSelf(spec);
    spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'cgroup');
    mount({ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro'] })(spec);
  });
  assert.notEqual(shown, '0');
});

test('without cgroups and processes of its own a container can still be killed', async () => {
  const user = [1234, 1235] as const;
  const bundle = rootlessBundle('sleep 1000', spec => {
    mapsSelf(spec);
    spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'pid');
    const [proc] = spec.mounts!.filter(({ type }) => type === 'proc');
    Object.assign(proc!, { type: 'none', source: '/proc', options: ['rbind', 'nosuid', 'nodev', 'noexec'] });
  });
  callAs(user, ['run', '-d', '-b', bundle, 'loose']);
  const status = () => (JSON.parse(callAs(user, ['state', 'loose'])) as { status: string }).status;
  assert.equal(status(), 'running');
  callAs(user, ['kill', 'loose', 'KILL']);
  await until(() => status() === 'stopped');
  assert.throws(() => callAs(user, ['kill', 'loose', 'KILL']), /container not running/);
  callAs(user, ['delete', 'loose']);
});

test('a user without privileges joins a user namespace of its own, where groups cannot be changed', async () => {
  const words = ['--reuid=1234', '--regid=1235', '--clear-groups', 'unshare', '-Ur', 'sleep', '1000'];
  const holder = spawn('setpriv', words, { stdio: 'ignore' });
  try {
    const map = `/proc/${holder.pid}/uid_map`;
    await until(() => readFileSync(map, 'utf8').includes(' 1234 '));
    const shown = runAs(1234, 1235, 'id -u; id -G; cat /proc/self/setgroups', ({ linux }) => {
      const user = linux.namespaces!.find(({ type }) => type === 'user')!;
      user.path = `/proc/${holder.pid}/ns/user`;
      linux.uidMappings = linux.gidMappings = undefined;
    });
    assert.equal(shown, '0\n0\ndeny');
  } finally {
    holder.kill();
  }
});

const withoutTools = existsSync('/usr/bin/newuidmap') ? false : 'newuidmap (package uidmap) is not installed';

test('a user without privileges has the ranges of /etc/subuid', { skip: withoutTools }, () => {
  const [uid, gid] = [1, 1];
  const name = execFileSync('id', ['-nu', String(uid)], { encoding: 'utf8' }).trim();
  const ranges = join(runtime.base, 'ranges');
  writeFileSync(ranges, `${name}:300000:1000\n`);
  const mounts = `touch /etc/subuid /etc/subgid && mount --bind ${ranges} /etc/subuid && mount --bind ${ranges} /etc/subgid`;
  const prefix = ['unshare', '--mount', 'sh', '-c', `${mounts} && exec "$@"`, 'sh'];
  const mapped = (size: number) => [
    { containerID: 0, hostID: 1, size: 1 },
    { containerID: 1, hostID: 300_000, size },
  ];
  const script =
    'cat /proc/self/uid_map /proc/self/gid_map; id -G; echo >/dev/shm/x; chown 5:6 /dev/shm/x; stat -c %u:%g /dev/shm/x';
  const run = (size: number) =>
    runAs(
      uid,
      gid,
      script,
      ({ linux, process }) => {
        linux.uidMappings = linux.gidMappings = mapped(size);
        process.user.additionalGids = [7];
        for (const set of Object.values(process.capabilities!)) set.push('CAP_CHOWN');
      },
      prefix,
    );
  const maps = '0 1 1\n1 300000 1000\n';
  assert.equal(run(1000), `${maps}${maps}0 7\n5:6`);
  assert.throws(
    () => run(1001),
    /newuidmap.*300000.*1001.*: operation not permitted \(newuidmap: uid range \[1-1002\) -> \[300000-301001\) not allowed\)/,
  );
});

test('a network device of the host goes into the container with its addresses, under the name that is asked for', async () => {
  const namespace = createNetworkNamespace();
  try {
    inNetworkNamespace(namespace, () => {
      const socket = new NetlinkSocket(NETLINK_ROUTE);
      socket.request([addVethPair({ name: 'outer0', peer: { name: 'peer0', namespace } })]);
      const { index } = parseLink(socket.request([getLink({ name: 'outer0' })])[0]!);
      socket.request([addAddress({ linkIndex: index, address: '169.254.7.7', prefixLength: 32 })]);
      socket.close();
    });
    const run = (change: Change) =>
      spawnSync(
        'nsenter',
        [
          `--net=/proc/${process.pid}/fd/${namespace}`,
          runtime.program,
          '--root',
          runtime.root,
          'run',
          '-b',
          runtime.bundle(['busybox', 'ip', 'address', 'show'], change),
          'net',
        ],
        { encoding: 'utf8' },
      );
    // The second is not there: the first comes back.
    const failed = run(({ linux }) => {
      linux.netDevices = { outer0: { name: 'inner0' }, nothing: {} };
    });
    assert.match(failed.stderr, /linux\.netDevices: netlink\(find nothing\): ENODEV/);
    const { stdout, stderr } = run(({ linux }) => {
      linux.netDevices = { outer0: { name: 'inner0' } };
    });
    assert.match(stdout, /inner0@.*UP[^]*inet 169\.254\.7\.7\/32 scope global inner0/, stderr);
    assert.match(
      run(({ linux }) => {
        linux.netDevices = { 'a/b': {} };
      }).stderr,
      /invalid network device name/,
    );
    assert.deepEqual(runtime.leftovers(), []);
  } finally {
    closeSync(namespace);
  }
});
