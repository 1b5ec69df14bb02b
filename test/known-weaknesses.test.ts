/**
 * What engines have learnt the hard way, tried on the daemon: each test stands for the weakness that it names, in the
 * forms that its cause allows. Those of runtimes are tried on slipway-runtime in runtime-security.test.ts, and both
 * are listed in docs/SECURITY.md.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { compile } from './fixtures/escape/hostile-root.ts';

let daemon: DaemonProcess;
let count = 0;

before(async () => {
  daemon = await DaemonProcess.start();
});
after(() => daemon.dispose());

/** An image of busybox that is made hostile by `prepare`. Returns its name. */
async function hostileImage(prepare: (root: string) => void, ...changes: string[]): Promise<string> {
  const name = `hostile-${count++}`;
  const root = join(daemon.base, name);
  mkdirSync(root);
  makeBusyboxRoot(root);
  prepare(root);
  const program = join(import.meta.dirname, '../bin/slipway');
  const flags = changes.map(change => `-c '${change}'`).join(' ');
  const { code, stderr } = await daemon.run([
    'sh',
    '-c',
    `tar -C ${root} -c . | ${program} import ${flags} - ${name}`,
  ]);
  assert.equal(code, 0, stderr);
  return name;
}

const plainImage = () => hostileImage(() => undefined);

const succeed = (...args: string[]) => daemon.slipwayOut(...args);

/** A directory of the host's with a secret in it. */
function victim(): string {
  const path = join(daemon.base, `victim-${count++}`);
  mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(path, 'secret'), 'of the host', { mode: 0o600 });
  return path;
}

test('CVE-2016-3697: a number is an id, also where the image has a user of that name', async () => {
  const image = await hostileImage(root => {
    writeFileSync(join(root, 'etc/passwd'), '1000:x:0:0::/:\nroot:x:0:0::/:\n');
    writeFileSync(join(root, 'etc/group'), '1000:x:0:\n1001:x:0:\n');
  });
  const user = ['-u', '1000:1000'];
  const script = 'id -u; id -g; id -G';
  const run = await succeed('run', '--rm', ...user, '--group-add', '1001', image, 'sh', '-c', script);
  assert.equal(run, '1000\n1000\n1000 1001');
  const id = await succeed('run', '-d', image, 'sleep', '1000');
  assert.equal(await succeed('exec', ...user, id, 'sh', '-c', script), '1000\n1000\n1000');
  assert.equal(await succeed('exec', '-u', '1000', id, 'id', '-u'), '1000');
  await succeed('rm', '-f', id);
});

test('CVE-2024-40635: an id that does not fit is no other id', async () => {
  const image = await plainImage();
  for (const user of ['4294967296', '2147483648', '-1', '0:4294967296', '18446744073709551616'])
    for (const command of [['run', '--rm', '-u', user, image, 'id']]) {
      const { code, stdout, stderr } = await daemon.slipway(...command);
      assert.notEqual(code, 0, `${user}: ${stdout}`);
      assert.match(stderr, /uids and gids must be in range/);
    }
  const declared = await hostileImage(() => undefined, 'USER 4294967296');
  assert.match((await daemon.slipway('run', '--rm', declared, 'id')).stderr, /must be in range/);
});

test('CVE-2022-24769, CVE-2022-36109: no inheritable capabilities, and the main group is among the groups', async () => {
  const image = await plainImage();
  const script = 'grep -E "^(CapInh|CapAmb|Groups):" /proc/self/status';
  const status = (groups: string) =>
    new RegExp(`^Groups:\\t${groups} *\\nCapInh:\\t0{16}\\nCapAmb:\\t0{16}$`);
  for (const flags of [[], ['--privileged'], ['--cap-add', 'ALL']]) {
    const id = await succeed('run', '-d', ...flags, image, 'sleep', '1000');
    for (const exec of [[], ['--privileged']])
      assert.match(await succeed('exec', ...exec, '-u', '7:8', id, 'sh', '-c', script), status('8'));
    await succeed('rm', '-f', id);
    assert.match(await succeed('run', '--rm', ...flags, '-u', '7:8', image, 'sh', '-c', script), status('8'));
  }
});

test('CVE-2020-13401: no container is a router to the host', async () => {
  const image = await hostileImage(root => compile('advertiser.c', join(root, 'bin/advertiser')));
  const id = await succeed('run', '-d', image, 'sleep', '1000');
  const learnt = async () =>
    (await daemon.inNetwork('sh', '-c', 'ip -6 address; ip -6 route')).stdout.match(/2001:db8|default/g) ??
    [];
  await succeed('exec', id, 'advertiser');
  assert.deepEqual(await learnt(), []);
  const links = await daemon.inNetwork('ip', '-o', 'link', 'show', 'type', 'bridge');
  const [, bridge] = /^\d+: ([^:]+):/.exec(links.stdout) ?? [];
  // That it would be heard is what shows that it is not.
  await daemon.inNetwork('sysctl', '-qw', `net.ipv6.conf.${bridge}.accept_ra=2`);
  await succeed('exec', id, 'advertiser');
  await until(async () => (await learnt()).length > 0);
  await succeed('rm', '-f', id);
});

test('CVE-2020-15257: no socket of the engine’s has an abstract name in the host’s network namespace', async () => {
  const image = await plainImage();
  const sockets = await succeed('run', '--rm', '--network', 'host', image, 'cat', '/proc/net/unix');
  const abstract = sockets.split('\n').filter(line => line.includes(' @'));
  // Nobody can connect to what does not listen, or send to it unless it is of datagrams. The kernel names a shim's end of
  // a pair so, as it wants to know who sends (unix(7), SO_PASSCRED).
  const [LISTENS, DATAGRAMS] = ['00010000', '0002'];
  for (const line of abstract) {
    const [, , , flags, type] = line.split(' ');
    assert.ok(flags !== LISTENS && type !== DATAGRAMS, line);
  }
});

const LIBRARY = `#include <fcntl.h>
__attribute__((constructor)) static void run(void) { open("/LOADED", O_CREAT, 0644); }
`;

test('CVE-2019-14271: nothing of an image is loaded by what copies its files', async () => {
  const image = await hostileImage(root => {
    const source = join(daemon.base, 'library.c');
    writeFileSync(source, LIBRARY);
    const library = join(daemon.base, 'library.so');
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source]);
    const directories = ['lib', 'lib64', 'usr/lib', 'lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];
    const names = [
      'nss_files.so.2',
      'nss_dns.so.2',
      'nss_compat.so.2',
      'z.so.1',
      'gcc_s.so.1',
      'stdc++.so.6',
    ];
    for (const directory of directories) {
      mkdirSync(join(root, directory), { recursive: true });
      for (const name of names) writeFileSync(join(root, directory, `lib${name}`), readFileSync(library));
    }
    writeFileSync(join(root, 'etc/nsswitch.conf'), 'passwd: files dns\ngroup: files dns\n');
    writeFileSync(join(root, 'etc/ld.so.preload'), '/lib/libnss_files.so.2\n');
    writeFileSync(join(root, 'etc/passwd'), 'web:x:7:7::/:\n');
  });
  const created = await succeed('create', '-u', 'web', image, 'true');
  const running = await succeed('run', '-d', image, 'busybox', 'sleep', '1000');
  const file = join(daemon.base, 'file');
  writeFileSync(file, 'content');
  for (const id of [created, running]) {
    await succeed('cp', '-a', file, `${id}:/file`);
    await succeed('cp', `${id}:/etc`, join(daemon.base, `etc-${id}`));
    await succeed('export', '-o', join(daemon.base, 'export.tar'), id);
    await succeed('commit', id, `committed-${count++}`);
    const { code, stderr } = await daemon.slipway('cp', `${id}:/LOADED`, join(daemon.base, 'loaded'));
    assert.notEqual(code, 0);
    assert.match(stderr, /Could not find the file/);
  }
  assert.ok(!existsSync('/LOADED'));
  await succeed('rm', '-f', created, running);
});

test('CVE-2021-41089, CVE-2018-15664: what is copied through a link changes nothing of the host', async () => {
  const outside = victim();
  const before = statSync(outside);
  const image = await hostileImage(root => symlinkSync(outside, join(root, 'link')));
  const source = join(daemon.base, `source-${count++}`);
  mkdirSync(source, { mode: 0o777 });
  chmodSync(source, 0o777);
  writeFileSync(join(source, 'secret'), 'of the image');
  const created = await succeed('create', image, 'true');
  const running = await succeed('run', '-d', image, 'sleep', '1000');
  for (const id of [created, running]) {
    for (const target of ['/link', '/link/', '/link/.', '/link/secret'])
      await daemon.slipway('cp', `${source}/.`, `${id}:${target}`);
    const { stdout } = await daemon.slipway('cp', '-L', `${id}:/link/secret`, '-');
    assert.doesNotMatch(stdout, /of the host/);
  }
  const { mode, uid, mtimeMs } = statSync(outside);
  assert.deepEqual({ mode, uid, mtimeMs }, { mode: before.mode, uid: before.uid, mtimeMs: before.mtimeMs });
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'of the host');
  await succeed('rm', '-f', created, running);
});

test('CVE-2022-23648: a volume that an image declares is filled with the image’s files only', async () => {
  const outside = victim();
  const links = { absolute: outside, relative: `../../../../../..${outside}`, outermost: '/../../..' };
  const image = await hostileImage(
    root => {
      for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name));
    },
    'VOLUME ["/absolute", "/relative", "/outermost/tmp", "/../..' + outside + '"]',
  );
  const { stdout } = await daemon.slipway(
    'run',
    '--rm',
    image,
    'busybox',
    'find',
    '/',
    '-xdev',
    '-name',
    'secret',
  );
  assert.doesNotMatch(stdout, /secret/);
  const named = await daemon.slipway('run', '--rm', '-v', 'named:/absolute', image, 'find', outside);
  assert.doesNotMatch(named.stdout, /secret/);
});

test('CVE-2021-30465, CVE-2024-45310: nothing is mounted or made on the host while a container swaps directories for links', async () => {
  const outside = victim();
  const image = await plainImage();
  const swap = `cd /v; while :; do mkdir -p d/e; mv d x; ln -s ${outside} d; rm d; mv x d; done 2>/dev/null`;
  const swapper = await succeed('run', '-d', '-v', 'shared:/v', image, 'sh', '-c', swap);
  const source = victim();
  for (let attempt = 0; attempt < 15; attempt++) {
    const flags = ['-v', 'shared:/v', '-v', `${source}:/v/d/mounted`, '-v', `${source}/secret:/v/d/file`];
    await daemon.slipway(
      'run',
      '--rm',
      ...flags,
      '--tmpfs',
      '/v/d/e/tmpfs',
      '-w',
      '/v/d/work',
      image,
      'true',
    );
  }
  assert.deepEqual(readdirSync(outside), ['secret']);
  await succeed('rm', '-f', swapper);
});

test('CVE-2025-31133, CVE-2025-52565: what lies in the place of devices is neither a mask nor a terminal', async () => {
  const outside = victim();
  const image = await plainImage();
  const devices = join(daemon.base, `devices-${count++}`);
  mkdirSync(devices);
  for (const target of [join(outside, 'secret'), '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger']) {
    for (const name of ['null', 'console', 'ptmx', 'pts']) {
      rmSync(join(devices, name), { force: true });
      symlinkSync(target, join(devices, name));
    }
    for (const terminal of [[], ['-t']]) {
      const script = 'busybox stat -c %F /proc/kcore; echo spoilt > /proc/kcore; echo spoilt > /dev/console';
      const flags = ['--rm', ...terminal, '-v', `${devices}:/dev`];
      const { stdout } = await daemon.slipway('run', ...flags, image, 'sh', '-c', `${script} 2>/dev/null`);
      assert.doesNotMatch(stdout, /regular/);
    }
    assert.doesNotMatch(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), /spoilt/);
  }
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'of the host');
});

test('CVE-2018-10892: what a container could change the machine by is masked or read-only', async () => {
  const image = await plainImage();
  const script =
    'for f in /proc/acpi /proc/scsi /proc/kcore /proc/keys /proc/timer_list /sys/firmware; do ' +
    '[ -d $f ] && ls -A $f; [ -f $f ] && busybox stat -c %F $f; done; ' +
    'for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/bus/x /proc/irq/x /proc/fs/x; do ' +
    'echo 1 2>/dev/null > $f && echo WRITTEN $f; done; true';
  assert.equal(await succeed('run', '--rm', image, 'sh', '-c', script), '');
});

test('CVE-2018-20699: lists of processors and memory nodes without end are refused at once', async () => {
  const image = await plainImage();
  for (const list of ['0-4294967295', '1-18446744073709551615', `0${',0'.repeat(2000)}-99999999`])
    for (const flag of ['--cpuset-cpus', '--cpuset-mems']) {
      const started = performance.now();
      const { code } = await daemon.slipway('create', flag, list, image, 'true');
      assert.notEqual(code, 0, `${flag} ${list.slice(0, 30)}`);
      assert.ok(performance.now() - started < 20_000);
    }
});
