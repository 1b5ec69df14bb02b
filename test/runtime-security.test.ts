/** What the field has learnt the hard way: each test stands for the weakness that it names. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { compile } from './fixtures/escape/hostile-root.ts';
import { type Change, Runtime } from './fixtures/runtime.ts';

const runtime = new Runtime();
after(() => runtime.close());
let count = 0;

/** A root file system of its own, for images that are hostile. */
function hostileRoot(prepare: (root: string) => void): string {
  const root = join(runtime.base, `hostile-${++count}`);
  cpSync(join(runtime.base, 'rootfs'), root, { recursive: true, verbatimSymlinks: true });
  prepare(root);
  return root;
}

function run(root: string, args: string[], change: Change = () => undefined) {
  const bundle = runtime.bundle(args, spec => {
    spec.root = { path: root };
    change(spec);
  });
  return runtime.call('run', '-b', bundle, 'guest');
}

test('CVE-2019-5736: an image whose program is /proc/self/exe cannot change the runtime', async () => {
  const shim = join(import.meta.dirname, '../shim/bin/slipway-shim');
  const before = { content: readFileSync(shim), mtimeMs: statSync(shim).mtimeMs };
  const root = hostileRoot(path =>
    writeFileSync(join(path, 'bin/evil'), '#!/proc/self/exe\n', { mode: 0o755 }),
  );
  await runtime.succeed(
    'run',
    '-d',
    '-b',
    runtime.bundle(
      ['sh', '-c', 'while :; do for p in /proc/[0-9]*; do echo x > $p/exe; done; done 2>/dev/null'],
      spec => {
        spec.root = { path: root };
        spec.process.capabilities = {
          bounding: ['CAP_SYS_PTRACE'],
          effective: ['CAP_SYS_PTRACE'],
          permitted: ['CAP_SYS_PTRACE'],
        };
      },
    ),
    'attacker',
  );
  for (let attempt = 0; attempt < 5; attempt++) await runtime.call('exec', 'attacker', '/bin/evil');
  const { stdout } = await runtime.call('exec', 'attacker', 'sh', '-c', 'readlink /proc/self/exe');
  assert.equal(stdout, '/bin/busybox\n');
  await runtime.succeed('delete', '-f', 'attacker');
  assert.deepEqual({ content: readFileSync(shim), mtimeMs: statSync(shim).mtimeMs }, before);
});

test('CVE-2019-5736: what is executed before the image’s own program is a sealed copy', async () => {
  await runtime.succeed('create', '-b', runtime.bundle(['true']), 'sealed');
  const { pid } = JSON.parse(await runtime.succeed('state', 'sealed')) as { pid: number };
  assert.throws(() => writeFileSync(`/proc/${pid}/exe`, 'x', { flag: 'r+' }), /ETXTBSY|EPERM/);
  const { readlinkSync } = await import('node:fs');
  assert.match(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:/);
  await runtime.succeed('delete', '-f', 'sealed');
});

test('CVE-2024-21626: a working directory by way of a leaked descriptor is refused, of run and exec', async () => {
  const root = join(runtime.base, 'rootfs');
  for (let descriptor = 3; descriptor < 20; descriptor++) {
    const { code, stderr } = await run(root, ['sh', '-c', 'ls ../../../../etc'], ({ process }) => {
      process.cwd = `/proc/self/fd/${descriptor}`;
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /chdir to cwd|mkdir \/proc\/self\/fd/);
  }
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100']), 'cwd');
  for (let descriptor = 3; descriptor < 20; descriptor++)
    assert.equal(
      (await runtime.call('exec', '--cwd', `/proc/self/fd/${descriptor}`, 'cwd', 'pwd')).code,
      255,
    );
  await runtime.succeed('delete', '-f', 'cwd');
});

test('CVE-2016-9962, CVE-2024-21626: a container and what is exec’d in it have no descriptors but their streams', async () => {
  const script = 'for f in /proc/self/fd/*; do [ -e $f ] && echo ${f##*/}; done; true';
  assert.equal((await run(join(runtime.base, 'rootfs'), ['sh', '-c', script])).stdout, '0\n1\n2\n');
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100']), 'descriptors');
  assert.equal(await runtime.succeed('exec', 'descriptors', 'sh', '-c', script), '0\n1\n2\n');
  await runtime.succeed('delete', '-f', 'descriptors');
});

test('CVE-2019-16884, CVE-2023-28642: links at /proc, /sys and /dev in the image lead nothing out of the root', async () => {
  for (const name of ['proc', 'sys', 'dev']) {
    const outside = join(runtime.base, `outside-${name}`);
    mkdirSync(outside);
    const root = hostileRoot(path => {
      rmSync(join(path, name), { recursive: true, force: true });
      symlinkSync(outside, join(path, name));
    });
    const { stderr } = await run(root, ['true']);
    assert.doesNotMatch(stderr, /panic/);
    const left = readFileSync('/proc/self/mountinfo', 'utf8');
    assert.ok(!left.includes(outside), `${name}: ${stderr}`);
    assert.deepEqual(readdirSync(outside), [], name);
  }
});

test('CVE-2021-30465, CVE-2019-19921: mount destinations through links stay inside the root', async () => {
  const target = join(runtime.base, 'target');
  mkdirSync(target);
  const root = hostileRoot(path => {
    symlinkSync(target, join(path, 'absolute'));
    symlinkSync('../../../../../../../..' + target, join(path, 'relative'));
  });
  const source = join(runtime.base, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'inside'), '');
  for (const link of ['absolute', 'relative']) {
    const { code, stdout } = await run(root, ['sh', '-c', `ls ${target}`], ({ mounts }) =>
      mounts?.push({ destination: `/${link}`, type: 'bind', source, options: ['bind'] }),
    );
    assert.equal(code, 0);
    assert.equal(stdout, 'inside\n');
    assert.ok(existsSync(join(root, target)));
  }
  assert.deepEqual(readdirSync(target), []);
});

test('CVE-2025-31133: what masks a file is the real null device, also where the image has another file at /dev/null', async () => {
  const secret = join(runtime.base, 'secret');
  writeFileSync(secret, 'of the host\n');
  const root = hostileRoot(path => {
    rmSync(join(path, 'dev'), { recursive: true, force: true });
    mkdirSync(join(path, 'dev'));
    symlinkSync('/proc/sys/kernel/core_pattern', join(path, 'dev/null'));
    writeFileSync(join(path, 'masked'), 'of the image\n');
  });
  const { stdout } = await run(root, ['sh', '-c', 'cat /masked; stat -c "%F %t:%T" /masked'], spec => {
    spec.linux.maskedPaths = ['/masked'];
    // No /dev of its own: the image's stays.
    spec.mounts = spec.mounts?.filter(({ destination }) => !destination.startsWith('/dev'));
  });
  assert.equal(stdout, 'character special file 1:3\n');
});

test('CVE-2025-52565: what lies at /dev/console in the image is not what the terminal is bound to', async () => {
  const victim = join(runtime.base, 'victim');
  writeFileSync(victim, 'untouched');
  const root = hostileRoot(path => {
    mkdirSync(join(path, 'dev'), { recursive: true });
    symlinkSync(victim, join(path, 'dev/console'));
    symlinkSync(victim, join(path, 'dev/ptmx'));
  });
  const bundle = runtime.bundle(['sh', '-c', 'echo x > /dev/console; stat -c %F /dev/console'], spec => {
    spec.root = { path: root };
    spec.process.terminal = true;
  });
  const { code, stdout, stderr } = await runtime.call('run', '-b', bundle, 'console');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /character special file/);
  assert.equal(readFileSync(victim, 'utf8'), 'untouched');
});

test('CVE-2025-52881: a sysctl goes to the kernel, as nothing is mounted in the place of procfs', async () => {
  const fake = join(runtime.base, 'fake-proc');
  mkdirSync(join(fake, 'sys/net/ipv4'), { recursive: true });
  writeFileSync(join(fake, 'sys/net/ipv4/ip_forward'), 'fake');
  for (const mount of [
    { destination: '/proc', type: 'bind', source: fake, options: ['rbind'] },
    { destination: '/proc/sys', type: 'bind', source: join(fake, 'sys'), options: ['rbind'] },
    { destination: '/proc', type: 'tmpfs', source: 'tmpfs' },
  ]) {
    const { code, stderr } = await run(join(runtime.base, 'rootfs'), ['true'], spec => {
      spec.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
      spec.linux.maskedPaths = [];
      spec.linux.readonlyPaths = [];
      spec.mounts = mount.destination === '/proc' ? [mount] : [...(spec.mounts ?? []), mount];
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /cannot be mounted because it is/);
  }
  assert.equal(readFileSync(join(fake, 'sys/net/ipv4/ip_forward'), 'utf8'), 'fake');
});

test('an exec’d process has the container’s filter, rights and cgroup from the start', async () => {
  const bundle = runtime.bundle(['sleep', '100'], spec => {
    spec.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 }],
    };
  });
  await runtime.succeed('run', '-d', '-b', bundle, 'rights');
  const status = await runtime.succeed(
    'exec',
    'rights',
    'sh',
    '-c',
    'grep -E "^(Seccomp|CapEff|CapBnd|NoNewPrivs):" /proc/self/status; mkdir /tmp/no 2>&1; cat /proc/self/cgroup',
  );
  const init = await runtime.succeed(
    'exec',
    'rights',
    'sh',
    '-c',
    'grep -E "^(Seccomp|CapEff|CapBnd|NoNewPrivs):" /proc/1/status; cat /proc/1/cgroup',
  );
  assert.match(status, /Seccomp:\t2/);
  assert.match(status, /Permission denied/);
  assert.deepEqual(
    status.split('\n').filter(line => !line.startsWith('mkdir')),
    init.split('\n'),
  );
  await runtime.succeed('delete', '-f', 'rights');
  assert.deepEqual(runtime.leftovers(), []);
});

test('CVE-2016-3697: a number is an id, also where the image has a user of that name', async () => {
  const root = hostileRoot(path => writeFileSync(join(path, 'etc/passwd'), '1000:x:0:0::/home:\n'));
  const own: Change = spec => {
    spec.root = { path: root };
    spec.process.user = { uid: 1000, gid: 1000 };
  };
  const script = ['sh', '-c', 'id -u; id -g; echo $HOME'];
  assert.equal(await runtime.output(script, own), '1000\n1000\n/');
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100'], own), 'numbers');
  for (const user of ['1000', '1000:1000'])
    assert.match(await runtime.succeed('exec', '--user', user, 'numbers', ...script), /^1000\n/);
  await runtime.succeed('delete', '-f', 'numbers');
});

test('CVE-2022-29162, CVE-2022-24769: what is exec’d with a capability has none that is inheritable', async () => {
  await runtime.succeed('run', '-d', '-b', runtime.bundle(['sleep', '100']), 'inheritable');
  const script = ['sh', '-c', 'grep -E "^Cap(Inh|Eff|Amb)" /proc/self/status'];
  for (const more of [[], ['--cap', 'CAP_NET_RAW', '--cap', 'CAP_SYS_ADMIN']]) {
    const status = await runtime.succeed('exec', ...more, 'inheritable', ...script);
    assert.match(status, /^CapInh:\t0{16}$/m);
    assert.match(status, /^CapAmb:\t0{16}$/m);
  }
  await runtime.succeed('delete', '-f', 'inheritable');
});

test('CVE-2021-43784: no length wraps around, so that another list would be read', async () => {
  const hundredThousand = 'x'.repeat(100_000);
  // Wrapped to 16 bits, the first would be all, and root of the host's.
  const maps = Array.from({ length: 6000 }, (_, index) => ({ containerID: index, hostID: index, size: 1 }));
  await runtime.failure(({ linux }) => {
    linux.namespaces!.push({ type: 'user' });
    linux.uidMappings = maps;
    linux.gidMappings = maps;
  });
  await runtime.failure(({ linux }) => {
    linux.namespaces = linux.namespaces!.map(namespace => ({ ...namespace, path: `/${hundredThousand}` }));
  });
  await runtime.failure(spec => {
    spec.process.cwd = `/${hundredThousand}`;
  });
  const environment = await runtime.output(['sh', '-c', 'echo ${#LONG}'], ({ process }) => {
    process.env!.push(`LONG=${hundredThousand}`);
  });
  assert.equal(environment, '100000');
});

test('CVE-2023-25809: without a cgroup namespace a container in a user namespace changes no cgroup but its own', async () => {
  chmodSync(runtime.base, 0o755);
  const root = hostileRoot(() => undefined);
  for (const path of ['', ...(readdirSync(root, { recursive: true }) as string[])])
    lchownSync(join(root, path), 200_000, 200_000);
  const parent = runtime.cgroupParent;
  const parents = ['', ...readdirSync('/sys/fs/cgroup')].map(name => join('/sys/fs/cgroup', name, parent));
  for (const access of ['ro', 'rw'] as const) {
    // As if they had been delegated to the caller.
    const bundle = runtime.bundle(
      ['sh', '-c', `mkdir $(find /sys/fs/cgroup -name ${parent})/made-${access}`],
      spec => {
        const maps = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
        spec.root = { path: root };
        Object.assign(spec.linux, { uidMappings: maps, gidMappings: maps });
        spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'cgroup');
        spec.linux.namespaces.push({ type: 'user' });
        const mount = spec.mounts!.find(({ type }) => type === 'cgroup')!;
        mount.options = ['nosuid', 'noexec', 'nodev', 'relatime', access];
      },
    );
    await runtime.succeed('create', '-b', bundle, 'delegated');
    for (const path of parents.filter(existsSync)) chownSync(path, 200_000, 200_000);
    await runtime.succeed('start', 'delegated');
    await until(async () => (await runtime.status('delegated')) === 'stopped');
    await runtime.succeed('delete', 'delegated');
    for (const path of parents.filter(existsSync)) assert.deepEqual(directoriesIn(path), []);
  }
});

function directoriesIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);
}

test('CVE-2021-30465, CVE-2024-45310: nothing is mounted or made on the host while directories become links', async () => {
  const outside = join(runtime.base, 'made-outside');
  mkdirSync(outside);
  const shared = join(runtime.base, 'shared');
  mkdirSync(shared);
  const source = join(runtime.base, 'mounted');
  mkdirSync(source);
  const volume = { destination: '/v', type: 'bind', source: shared, options: ['rbind'] };
  const swap = `cd /v; while :; do mkdir -p d/e; mv d x; ln -s ${outside} d; rm d; mv x d; done 2>/dev/null`;
  const bundle = runtime.bundle(['sh', '-c', swap], ({ mounts }) => mounts!.push(volume));
  await runtime.succeed('run', '-d', '-b', bundle, 'swapper');
  for (let attempt = 0; attempt < 20; attempt++)
    await run(join(runtime.base, 'rootfs'), ['true'], spec => {
      spec.process.cwd = '/v/d/work';
      spec.mounts!.push(
        volume,
        { destination: '/v/d/one/two', type: 'bind', source, options: ['bind'] },
        { destination: '/v/d/file', type: 'bind', source: '/etc/passwd', options: ['bind'] },
        { destination: '/v/d/e/tmpfs', type: 'tmpfs', source: 'tmpfs' },
      );
    });
  assert.deepEqual(readdirSync(outside), []);
  await runtime.succeed('delete', '-f', 'swapper');
});

test('CVE-2023-27561: a volume in the place of /proc is no procfs, and nothing is written to it', async () => {
  const volume = join(runtime.base, 'proc-volume');
  mkdirSync(join(volume, 'self/attr/apparmor'), { recursive: true });
  mkdirSync(join(volume, 'thread-self/attr/apparmor'), { recursive: true });
  writeFileSync(join(volume, 'self/attr/apparmor/exec'), 'untouched');
  const root = hostileRoot(path => {
    rmSync(join(path, 'proc'), { recursive: true, force: true });
    symlinkSync('/volume/proc', join(path, 'proc'));
  });
  const { code } = await run(root, ['true'], spec => {
    spec.mounts = [
      { destination: '/volume', type: 'bind', source: volume, options: ['rbind'] },
      ...spec.mounts!,
    ];
    spec.process.apparmorProfile = 'unconfined';
  });
  assert.notEqual(code, 0);
  assert.equal(readFileSync(join(volume, 'self/attr/apparmor/exec'), 'utf8'), 'untouched');
  assert.deepEqual(readdirSync(volume).sort(), ['self', 'thread-self']);
});

test('a container whose first process is kept from ending by another one of it is deleted', async () => {
  const root = hostileRoot(path => compile('captor.c', join(path, 'bin/captor')));
  const output = join(root, 'output');
  const script = 'captor detain sleep > /output & exec sleep 1000';
  const bundle = runtime.bundle(['sh', '-c', script], spec => {
    spec.root = { path: root };
  });
  await runtime.succeed('run', '-d', '-b', bundle, 'detained');
  await until(() => existsSync(output) && readFileSync(output, 'utf8').includes('holds 1\n'));
  await runtime.succeed('delete', '-f', 'detained');
  assert.deepEqual(runtime.leftovers(), []);
});
