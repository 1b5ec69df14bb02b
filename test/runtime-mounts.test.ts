/** Mounts: what callers of runc and its own suite ask of them. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
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
import { type Change, mount, Runtime } from './fixtures/runtime.ts';

const runtime = new Runtime();
after(() => runtime.close());

test('/proc and /sys must be directories of the image, not links', async () => {
  for (const name of ['proc', 'sys']) {
    const root = runtime.ownRoot(`link-${name}`);
    mkdirSync(join(root, 'elsewhere'));
    rmSync(join(root, name), { recursive: true, force: true });
    symlinkSync('/elsewhere', join(root, name));
    const stderr = await runtime.failure(spec => {
      spec.root = { path: root };
    });
    assert.match(stderr, /must be mounted on ordinary directory/);
  }
});

test('a tmpfs has the mode of what it lies on, unless it is given one, and directories inherit the group', async () => {
  const root = runtime.ownRoot('modes');
  mkdirSync(join(root, 'old'));
  chmodSync(join(root, 'old'), 0o710);
  mkdirSync(join(root, 'set'));
  chmodSync(join(root, 'set'), 0o2755);
  const tmpfs = (destination: string, ...options: string[]) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options,
  });
  const shown = await runtime.output(['stat', '-c', '%a', '/old', '/new/x', '/given', '/set/a/b'], spec => {
    spec.root = { path: root };
    spec.mounts!.push(
      tmpfs('/old'),
      tmpfs('/new/x'),
      tmpfs('/given', 'mode=1500'),
      tmpfs('/set/a/b', 'mode=700'),
    );
  });
  assert.deepEqual(shown.split('\n'), ['710', '1777', '1500', '700']);
  const modes = ['new', 'new/x', 'set/a', 'set/a/b'].map(path => statSync(join(root, path)).mode & 0o7777);
  assert.deepEqual(modes, [0o755, 0o755, 0o2755, 0o2755]);
});

test('binds count from the bundle, and may begin inside the root that is being made', async () => {
  const root = runtime.ownRoot('tree');
  const bundle = runtime.bundle(['cat', '/final/x/file', '/config'], spec => {
    spec.root = { path: root };
    const bind = (source: string, destination: string) => ({
      destination,
      type: 'bind',
      source,
      options: ['rbind'],
    });
    spec.mounts!.push(
      bind('config.json', '/config'),
      bind('one', '/mnt'),
      bind('two', '/mnt/x'),
      bind(join(root, 'mnt'), join(root, 'final')),
    );
  });
  for (const path of ['one/x', 'two']) mkdirSync(join(bundle, path), { recursive: true });
  writeFileSync(join(bundle, 'two/file'), 'inner\n');
  assert.match(await runtime.succeed('run', '-b', bundle, 'c'), /^inner\n\{"ociVersion"/);
  // In a user namespace the shim opens what is bound, but cannot see the container's own mounts.
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as Parameters<Change>[0];
  config.linux.namespaces!.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  config.linux.gidMappings = config.linux.uidMappings;
  for (const path of ['', ...(readdirSync(root, { recursive: true }) as string[])])
    lchownSync(join(root, path), 100_000, 100_000);
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  assert.match(await runtime.succeed('run', '-b', bundle, 'c'), /^inner\n/);
});

test('an idmapped mount without its maps, or without a bind, is called invalid', async () => {
  const uidMappings = [{ containerID: 0, hostID: 1, size: 1 }];
  const source = runtime.base;
  for (const entry of [
    { options: ['bind'], uidMappings },
    { options: [], type: 'tmpfs', uidMappings },
    { options: [] },
  ])
    assert.match(await runtime.failure(mount({ destination: '/mnt', source, ...entry })), /invalid mount/);
});

test('options of a bind replace those of the host’s mount; without any, and for access times not named, all stays', async () => {
  const source = join(runtime.base, 'flags');
  mkdirSync(source);
  // In a mount namespace of its own, which the runtime inherits.
  const shown = async (host: string, options: string[]): Promise<string[]> => {
    const bundle = runtime.bundle(
      ['cat', '/proc/self/mounts'],
      mount({ destination: '/mnt', type: 'bind', source, options }),
    );
    const script = `mount -t tmpfs -o strictatime tmpfs ${source} && mount -o remount,bind,${host} ${source} &&
      ${runtime.program} --root ${runtime.root} run -b ${bundle} c`;
    const mounts = execFileSync('unshare', ['-m', 'sh', '-ec', script], { encoding: 'utf8' });
    const [, flags = ''] = /^tmpfs \/mnt tmpfs (\S+)/m.exec(mounts) ?? [];
    return flags.split(',').filter(flag => flag !== 'inode64');
  };
  for (const [host, options, expected] of [
    ['ro,noexec,nosymfollow,noatime', 'bind', 'ro,noexec,noatime,nosymfollow'],
    ['ro,noexec,nosymfollow,noatime', 'bind,rprivate', 'ro,noexec,noatime,nosymfollow'],
    ['ro,noexec,nosymfollow,noatime', 'bind,dev', 'rw,noatime'],
    ['ro', 'bind,nosuid,nodev,rprivate', 'rw,nosuid,nodev'],
    ['nosuid,nodev,noexec', 'bind,ro', 'ro'],
    ['noatime', 'bind,atime', 'rw,noatime'],
    ['noatime', 'bind,norelatime', 'rw,noatime'],
    ['noatime', 'bind,relatime', 'rw,relatime'],
    ['noatime', 'bind,nodiratime', 'rw,nodiratime,relatime'],
    ['nodiratime', 'bind,strictatime', 'rw'],
    ['noatime', 'bind,nodiratime,strictatime', 'rw,nodiratime'],
  ] as const)
    assert.deepEqual(await shown(host, options.split(',')), expected.split(','), `${host} ${options}`);
});

const withUserNamespace: Change = spec => {
  spec.root = { path: usersRoot() };
  spec.linux.namespaces!.push({ type: 'user' });
  spec.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  spec.linux.gidMappings = spec.linux.uidMappings;
};

function usersRoot(): string {
  const root = join(runtime.base, 'users-root');
  if (existsSync(root)) return root;
  runtime.ownRoot('users-root');
  for (const path of ['', ...(readdirSync(root, { recursive: true }) as string[])])
    lchownSync(join(root, path), 100_000, 100_000);
  return root;
}

test('in a user namespace what protects the host’s mounts stays, and cannot be taken off', async () => {
  const source = join(runtime.base, 'protected');
  mkdirSync(source);
  const run = (args: string[], options: string[]): string => {
    const bundle = runtime.bundle(args, spec => {
      withUserNamespace(spec);
      mount({ destination: '/mnt', type: 'bind', source, options })(spec);
      for (const set of ['bounding', 'effective', 'permitted'] as const)
        spec.process.capabilities![set]!.push('CAP_SYS_ADMIN');
    });
    const script = `mount -t tmpfs tmpfs ${source}; mkdir ${source}/below; mount -t tmpfs tmpfs ${source}/below
      mount -o remount,bind,ro,noexec,nosymfollow ${source}
      ${runtime.program} --root ${runtime.root} run -b ${bundle} c 2>&1`;
    return spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' }).stdout;
  };
  const shown = run(['cat', '/proc/self/mounts'], ['rbind', 'nosuid']);
  assert.match(shown, /^tmpfs \/mnt tmpfs ro,nosuid,noexec,relatime(,inode64)? /m);
  const script = 'mount -o remount,bind,rw /mnt; touch /mnt/file; busybox umount /mnt/below';
  const tried = run(['sh', '-c', script], ['rbind']);
  assert.match(tried, /\/mnt\/file: Read-only file system/);
  assert.match(tried, /can't unmount \/mnt\/below: Invalid argument/);
  assert.match(
    run(['true'], ['rbind', 'rw']),
    /error mounting \\"\/[^"]*\/protected\\" to rootfs at .*: operation not permitted/,
  );
  // Without what lies on it a mount cannot be had like that.
  assert.match(run(['ls', '/mnt'], ['bind']), /^below$/m);
});

test('a mount that fails is told with its source, its place and the reason in words', async () => {
  const type = await runtime.failure(mount({ destination: '/mnt', type: 'nofs', source: 'x' }));
  assert.match(type, /error mounting \\"x\\" to rootfs at \\"\/mnt\\": .*: no such device/);
  const source = await runtime.failure(
    mount({ destination: '/mnt', type: 'bind', source: '/nowhere', options: ['bind'] }),
  );
  assert.match(source, /error mounting \\"\/nowhere\\" to rootfs at .*: no such file or directory/);
});

test('nothing is mounted on the root itself', async () => {
  for (const entry of [
    { destination: '/', type: 'tmpfs', source: 'tmpfs' },
    { destination: '//', type: 'bind', source: runtime.base, options: ['bind'] },
  ])
    assert.match(await runtime.failure(mount(entry)), /invalid mount .*mountpoint is on the top of rootfs/);
});

test('the path of a device may end in a slash', async () => {
  const shown = await runtime.output(['stat', '-c', '%F', '/dev/disk'], ({ linux }) => {
    linux.devices = [{ type: 'b', path: '/dev/disk/', major: 7, minor: 0 }];
  });
  assert.equal(shown, 'block special file');
});

test('a mount keeps the propagation that its options ask for', async () => {
  const source = join(runtime.base, 'propagated');
  mkdirSync(source);
  const options = ['shared', 'slave', 'private', 'unbindable'];
  const shown = await runtime.output(['cat', '/proc/self/mountinfo'], spec => {
    for (const option of options)
      spec.mounts!.push({ destination: `/m/${option}`, type: 'bind', source, options: ['bind', option] });
  });
  const optional = (place: string) => new RegExp(` /m/${place} \\S+ (.*?) ?- `).exec(shown)?.[1];
  assert.match(optional('shared') ?? '', /^shared:\d+$/);
  assert.equal(optional('private'), '');
  assert.equal(optional('unbindable'), 'unbindable');
});

test('a read-only /dev and tmpfs take what belongs into them first', async () => {
  const inside = join(runtime.base, 'inside');
  writeFileSync(inside, 'inside');
  const shown = await runtime.output(
    ['sh', '-c', 'ls /dev/pts /dev/null; cat /t/deep/f; grep -E " /(dev|t) " /proc/mounts'],
    spec => {
      for (const entry of spec.mounts!) if (entry.destination === '/dev') entry.options!.push('ro');
      spec.mounts!.push(
        { destination: '/t', type: 'tmpfs', source: 'tmpfs', options: ['ro'] },
        { destination: '/t/deep/f', type: 'bind', source: inside, options: ['bind'] },
      );
    },
  );
  assert.match(shown, /\/dev\/null\n(?:.*\n)*inside/);
  assert.match(shown, / \/dev tmpfs ro,/);
  assert.match(shown, / \/t tmpfs ro,/);
});
