import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerOptions, compileContainer } from './compile-container.ts';
import { compileExec } from './compile-exec.ts';
import { describeOperation } from './describe-operation.ts';
import type { Plan } from './plan.ts';
import type { NamespaceType, Spec } from '../oci/runtime-spec.ts';

const layout: ContainerOptions['cgroupLayout'] = { mode: 'v1', v1: [] };

function specWith(types: readonly NamespaceType[], more: Partial<Spec> = {}): Spec {
  const { linux, ...rest } = more;
  return {
    ociVersion: '1.2.0',
    process: { user: { uid: 5, gid: 6 }, args: ['true'], env: ['PATH=/bin'], cwd: '/' },
    linux: { namespaces: types.map(type => ({ type })), ...linux },
    ...rest,
  };
}

function compile(spec: Spec, more: Partial<ContainerOptions> = {}): Plan {
  return compileContainer({
    id: 'golden',
    spec,
    rootfs: { type: 'bind', path: '/rootfs' },
    cgroupLayout: layout,
    withoutCgroups: true,
    noNewKeyring: true,
    ...more,
  }).plan;
}

const describe = (list: Plan['parent'] | Plan['child']) => list.map(describeOperation);

/** Without what every process has at its end, and every container in /dev. */
function setUp(plan: Plan): string[] {
  const lines = describe(plan.child).filter(line => !/^(device|symlink)\(/.test(line));
  return lines.slice(
    0,
    lines.findIndex(line => line.startsWith('home')),
  );
}

test('a container begins with its namespaces, has its root, and pivots into it', () => {
  const plan = compile(specWith(['pid', 'mount', 'cgroup', 'network']));
  assert.deepEqual(describe(plan.parent), ['clone(flags=CLONE_NEWNET|CLONE_NEWNS|CLONE_NEWPID)']);
  assert.deepEqual(setUp(plan), [
    'propagation(path="/", flags=MS_REC|MS_SLAVE)',
    'bind-root(source="/rootfs")',
    'unshare(flags=CLONE_NEWCGROUP)',
    'loopback()',
    'root-directory(target="/", mode=0755)',
    'pivot-root()',
    'seal(preserve=0, fifo=0)',
  ]);
  assert.deepEqual(describe(plan.child).slice(-7), [
    'chdir(path="/", mayFail=true)',
    'user(uid=5, gid=6, setGroups=true)',
    'capabilities(effective=0, permitted=0, inheritable=0, ambient=0)',
    'chdir(path="/")',
    'find-executable(name="true", path="/bin")',
    'await-start()',
    'exec(args=["true"], env=["PATH=/bin"])',
  ]);
});

test('the shim makes cgroups of v1 while the child mounts, and the child joins them before it mounts their own', () => {
  const both = { mountPoint: '/nowhere/pids', root: '/', controllers: ['pids', 'devices'], own: '/' };
  const { parent, child } = compile(
    specWith(['mount', 'cgroup'], {
      mounts: [
        { destination: '/proc', type: 'proc' },
        { destination: '/sys/fs/cgroup', type: 'cgroup', options: ['ro'] },
      ],
      linux: { cgroupsPath: '/x', resources: { pids: { limit: 5 } } },
    }),
    { cgroupLayout: { mode: 'v1', v1: [both] }, withoutCgroups: false },
  );
  assert.deepEqual(
    describe(parent).filter(line => !line.includes('devices.')),
    [
      'clone(flags=CLONE_NEWNS)',
      'mkdir(path="/nowhere/pids/x", mode=0755)',
      'write(path="/nowhere/pids/x/pids.max", data="5")',
      'release()',
    ],
  );
  const operations = child.map(operation =>
    operation.op === 'mount' ? `mount ${operation.target}` : operation.op,
  );
  assert.deepEqual(operations.slice(0, 9), [
    'propagation',
    'bind-root',
    'require-directory',
    'mount /proc',
    'await-parent',
    'write',
    'unshare',
    'mount /sys/fs/cgroup',
    'mount /sys/fs/cgroup/pids',
  ]);
});

test('a root that is mounted already comes as a descriptor, and leaves nothing on a host path', () => {
  const rootfs = { type: 'mount', source: 'fd:5' } as const;
  assert.deepEqual(setUp(compile(specWith(['mount']), { rootfs })).slice(0, 2), [
    'propagation(path="/", flags=MS_REC|MS_SLAVE)',
    'bind-root(source="fd:5")',
  ]);
  const shared = specWith(['mount'], { linux: { rootfsPropagation: 'shared' } });
  shared.linux!.namespaces = [{ type: 'mount' }];
  assert.ok(setUp(compile(shared, { rootfs })).includes('private-parent(path="/")'));
});

const maps = {
  uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
  gidMappings: [{ containerID: 0, hostID: 2000, size: 10 }],
};

test('with a user namespace the shim maps ids, opens what is bound, and sets limits, while the child waits', () => {
  const spec = specWith(['user', 'mount'], {
    linux: { namespaces: [{ type: 'user' }, { type: 'mount' }], ...maps },
    mounts: [{ destination: '/mnt', type: 'bind', source: '/src', options: ['rbind', 'idmap'] }],
  });
  spec.process!.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }];
  spec.process!.oomScoreAdj = 7;
  const plan = compile(spec);
  assert.deepEqual(describe(plan.parent), [
    'open-tree(source="/rootfs", recursive=true)',
    'open-tree(source="/src", recursive=true, locked=true, uidMap="0 1000 10\\n", gidMap="0 2000 10\\n")',
    'clone(flags=CLONE_NEWNS|CLONE_NEWUSER)',
    'write-child-proc(file="uid_map", data="0 1000 10\\n")',
    'write-child-proc(file="gid_map", data="0 2000 10\\n")',
    'write-child-proc(file="oom_score_adj", data="7")',
    'raise-limit(resource=7, hard=2)',
    'barrier()',
  ]);
  assert.deepEqual(setUp(plan), [
    'barrier()',
    'user(uid=0, gid=0, setGroups=true)',
    'propagation(path="/", flags=MS_REC|MS_SLAVE)',
    'bind-root(source="tree:0")',
    'bind(source="tree:1", target="/mnt", recursive=true)',
    'root-directory(target="/", mode=0755)',
    'pivot-root()',
    'seal(preserve=0, fifo=0)',
  ]);
  const lines = describe(plan.child);
  assert.ok(lines.indexOf('rlimit(resource=7, soft=1, hard=2)') > lines.indexOf('home(uid=5)'));
});

test('without privileges one id is mapped, and groups are given up', () => {
  const own = {
    uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
  };
  const plan = compile(
    specWith([], { linux: { namespaces: [{ type: 'user' }, { type: 'mount' }], ...own } }),
    {
      rootless: true,
    },
  );
  assert.deepEqual(describe(plan.parent), [
    'clone(flags=CLONE_NEWNS|CLONE_NEWUSER)',
    'write-child-proc(file="setgroups", data="deny")',
    'write-child-proc(file="uid_map", data="0 1000 1\\n")',
    'write-child-proc(file="gid_map", data="0 1000 1\\n")',
    'barrier()',
  ]);
  assert.deepEqual(setUp(plan).slice(0, 4), [
    'barrier()',
    'user(uid=0, gid=0)',
    'propagation(path="/", flags=MS_REC|MS_SLAVE)',
    'bind-root(source="/rootfs")',
  ]);
});

test('namespaces that are joined beside a user namespace are joined first with privileges, last without', () => {
  const spec = specWith([]);
  spec.linux!.namespaces = [{ type: 'user', path: '/u' }, { type: 'network', path: '/n' }, { type: 'pid' }];
  assert.match(
    describe(compile(spec).parent)[1]!,
    /^clone-inside\(flags=CLONE_NEWPID, joins=\["CLONE_NEWNET \/n" "CLONE_NEWUSER \/u"\]\)$/,
  );
  assert.match(
    describe(compile(spec, { rootless: true }).parent)[0]!,
    /joins=\["CLONE_NEWUSER \/u" "CLONE_NEWNET \/n"\]/,
  );
});

test('a time namespace gets its offsets before anything is in it', () => {
  const spec = specWith(['time']);
  spec.linux!.timeOffsets = { boottime: { secs: 3, nanosecs: 4 } };
  assert.deepEqual(setUp(compile(spec)).slice(0, 3), [
    'unshare(flags=CLONE_NEWTIME)',
    'write(path="/proc/self/timens_offsets", data="boottime 3 4\\n")',
    'setns(path="/proc/self/ns/time_for_children", type=CLONE_NEWTIME)',
  ]);
});

test('hooks have the state of their moment, and those of the runtime run between barriers', () => {
  const hook = (path: string) => [{ path }];
  const plan = compile(
    specWith([], {
      hooks: { createRuntime: hook('/r'), createContainer: hook('/c'), startContainer: hook('/s') },
    }),
    { state: { id: 'x', pid: '$PID', status: '' } },
  );
  assert.deepEqual(describe(plan.parent).slice(1), [
    'barrier()',
    'hook(moment="createRuntime", index=0, path="/r", args=["/r"], state="{\\"id\\":\\"x\\",\\"pid\\":\\"$PID\\",\\"status\\":\\"creating\\"}", timeoutMs=0)',
    'barrier()',
  ]);
  const hooks = describe(plan.child).filter(
    line => line.startsWith('hook') || line.startsWith('barrier') || line.startsWith('await'),
  );
  assert.deepEqual(
    hooks.map(line => line.replace(/^hook\(moment="(\w+)".*/, 'hook $1').replace(/\(.*/, '')),
    ['barrier', 'barrier', 'hook createContainer', 'await-start', 'hook startContainer'],
  );
});

test('a container that is started by another call waits at the FIFO', () => {
  const lines = describe(compile(specWith([]), { startFifo: 7, preserve: 2 }).child);
  assert.ok(lines.includes('seal(preserve=2, fifo=7)'));
  assert.ok(lines.includes('await-fifo()'));
  assert.ok(!lines.includes('await-start()'));
});

test('an exec joins all namespaces at once, and enters the pid namespace last, with the rights of its process', () => {
  const spec = specWith([], {
    linux: { namespaces: [{ type: 'user' }, { type: 'pid' }, { type: 'mount' }], ...maps },
  });
  spec.process!.apparmorProfile = 'p';
  spec.process!.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }];
  const cgroupPaths = { mode: 'v1' as const, v1: { pids: '/cg' }, unifiedControllers: [] };
  const plan = compileExec({ spec, process: spec.process!, cgroupPaths });
  assert.deepEqual(describe(plan.parent), ['clone()']);
  assert.deepEqual(describe(plan.child), [
    'open-label(file="apparmor/exec")',
    'write(path="/cg/tasks", data="0")',
    'raise-limit(resource=7, hard=2)',
    'setns-init(flags=CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWUSER)',
    'seal(preserve=0, fifo=0)',
    'exec-label(label="exec p")',
    'home(uid=5)',
    'rlimit(resource=7, soft=1, hard=2)',
    'cap-bounding(keep=0)',
    'umask(mask=18)',
    'chdir(path="/", mayFail=true)',
    'user(uid=5, gid=6, setGroups=true)',
    'capabilities(effective=0, permitted=0, inheritable=0, ambient=0)',
    'chdir(path="/")',
    'find-executable(name="true", path="/bin")',
    'fork()',
    'await-start()',
    'exec(args=["true"], env=["PATH=/bin"])',
  ]);
});

test('an exec without a pid namespace of the container’s own has nothing to enter', () => {
  const cgroupPaths = { mode: 'v1' as const, v1: {}, unifiedControllers: [] };
  const spec = specWith(['mount']);
  const { child } = compileExec({ spec, process: spec.process!, cgroupPaths });
  assert.ok(!describe(child).includes('fork()'));
});

test('a container in the pid namespace of another is born there with nothing of the host’s open', () => {
  const spec = specWith([], {
    linux: { namespaces: [{ type: 'pid', path: '/proc/7/ns/pid' }, { type: 'mount' }] },
  });
  const { parent } = compile(spec);
  assert.deepEqual(describe(parent), [
    'clone-inside(flags=CLONE_NEWNS, joins=["CLONE_NEWPID /proc/7/ns/pid"])',
  ]);
});

test('what cannot be is refused with the place in the specification', () => {
  for (const [linux, words] of [
    [
      { namespaces: [{ type: 'user' as const }] },
      /linux\.uidMappings: user namespaces enabled, but no uid mappings found/,
    ],
    [
      { namespaces: [{ type: 'pid' as const }, { type: 'pid' as const }] },
      /linux\.namespaces: pid is given twice/,
    ],
    [{ personality: { domain: 'X' } }, /linux\.personality\.domain: expected one of LINUX, LINUX32: X/],
    [
      { memoryPolicy: { mode: 'MPOL_BIND', nodes: '3-1' } },
      /linux\.memoryPolicy\.nodes: invalid memory policy node: expected a list like 0-2,7/,
    ],
    [
      { timeOffsets: { boottime: { secs: 1 } } },
      /time namespace offsets specified, but time namespace isn't/,
    ],
    [{ rootfsPropagation: 'x' }, /linux\.rootfsPropagation: unknown propagation x/],
  ] as const)
    assert.throws(() => compile(specWith([], { linux: linux as Spec['linux'] })), {
      name: 'EngineError',
      message: words,
    });
});

test('the host keeps its names', () => {
  const names = { hostname: 'h', domainname: 'd' };
  const lines = describe(compile(specWith(['uts'], names)).child);
  assert.deepEqual(
    lines.filter(line => /name\(/.test(line)),
    ['hostname(name="h")', 'domainname(name="d")'],
  );
  for (const [name, value] of Object.entries(names))
    assert.throws(() => compile(specWith(['pid'], { [name]: value })), {
      message: `unable to set ${name} without a private UTS namespace`,
    });
});

test('maps of ids mean nothing without a user namespace', () => {
  assert.deepEqual(compile(specWith(['pid'], { linux: maps })), compile(specWith(['pid'])));
});

test('a memory policy has a mode, and a limit is given once', () => {
  assert.throws(() => compile(specWith([], { linux: { memoryPolicy: {} } })), /invalid memory policy mode/);
  const spec = specWith([]);
  const limit = { type: 'RLIMIT_CORE', soft: 0, hard: 0 };
  spec.process!.rlimits = [limit, limit];
  assert.throws(() => compile(spec), { message: 'process.rlimits: RLIMIT_CORE is given twice' });
});

test('without a mount namespace of its own the container only changes its root directory', () => {
  const plan = compile(specWith(['pid']));
  const lines = describe(plan.child);
  assert.ok(lines.includes('change-root()'));
  assert.ok(!lines.some(line => line.startsWith('pivot-root') || line.startsWith('propagation')));
  assert.throws(() => compile(specWith(['pid'], { linux: { maskedPaths: ['/proc/kcore'] } })), {
    message: /unable to restrict sys entries without a private MNT namespace/,
  });
});

test('HOME is looked for where it is missing or empty, and of several values the last one counts', () => {
  const spec = specWith(['mount']);
  spec.process!.env = ['HOME=', 'A=1', 'A=2'];
  const lines = describe(compile(spec).child);
  assert.ok(lines.includes('home(uid=5)'));
  assert.equal(lines.at(-1), 'exec(args=["true"], env=["A=2"])');
  spec.process!.env = ['HOME=', 'HOME=/h'];
  assert.ok(!describe(compile(spec).child).some(line => line.startsWith('home')));
});

test('a user namespace whose cgroup mount may be written gets its cgroup', () => {
  const unified = { mountPoint: '/cg', root: '/', controllers: [], own: '/' };
  const spec = specWith([], {
    linux: { namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'cgroup' }], ...maps },
    mounts: [{ destination: '/sys/fs/cgroup', type: 'cgroup', options: ['rw'] }],
  });
  const more = { cgroupLayout: { mode: 'v2' as const, v1: [], unified }, withoutCgroups: false };
  const owned = describe(compile(spec, more).parent).filter(line => line.startsWith('chown'));
  assert.ok(
    owned.includes('chown(path="/cg/slipway/golden/cgroup.procs", uid=1000, gid=2000, optional=true)'),
  );
  spec.mounts![0]!.options = ['ro'];
  assert.ok(!describe(compile(spec, more).parent).some(line => line.startsWith('chown')));
});

test('a device that takes the place of the link to the terminals is left out', () => {
  const devices = [{ path: '/dev/ptmx', type: 'c' as const, major: 5, minor: 2 }];
  const lines = describe(
    compile(specWith(['mount'], { linux: { namespaces: [{ type: 'mount' }], devices } })).child,
  );
  assert.deepEqual(
    lines.filter(line => line.includes('/dev/ptmx')),
    ['symlink(target="/dev/ptmx", content="pts/ptmx")'],
  );
});
