/** `npm pack` makes a package that can be installed elsewhere, and runs containers from there. */
import assert from 'node:assert/strict';
import { type ExecFileOptions, execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const base = mkdtempSync('/tmp/slipway-package-');
const app = join(base, 'app');

/** In a network namespace of its own, as the engine makes a bridge and a firewall table. */
async function isolated(command: string[], options: ExecFileOptions = {}) {
  const script = '/bin/busybox ifconfig lo up && exec "$0" "$@"';
  return run('unshare', ['-n', 'sh', '-c', script, ...command], { cwd: app, ...options, encoding: 'utf8' });
}

before(async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', base], { cwd: root });
  const archive = readdirSync(base).find(name => name.endsWith('.tgz')) ?? '';
  const options = ['--no-fund', '--no-audit', '--ignore-scripts', '--prefer-offline', '--silent'];
  await run('npm', ['install', ...options, '--prefix', app, join(base, archive)]);
});

after(() => {
  rmSync(base, { recursive: true, force: true });
});

test('the installed command line runs a container, and starts the daemon that it needs', async () => {
  const slipway = join(app, 'node_modules/.bin/slipway');
  const at = (name: string) => join(base, name);
  const host = `unix://${at('slipway.sock')}`;
  const daemon = `${slipway} daemon -H ${host} --data-root ${at('data')} --exec-root ${at('exec')} --pidfile ${at('pid')} --log-level error`;
  const script = `${daemon} & daemon=$!
    until [ -S ${at('slipway.sock')} ]; do sleep 0.05; done
    ${slipway} -H ${host} run --rm hello; code=$?
    kill $daemon; wait $daemon; exit $code`;
  const { stdout } = await isolated(['sh', '-c', script]);
  assert.match(stdout, /^\s*Hello from Slipway!/);
});

test('the installed library runs a container with no daemon', async () => {
  writeFileSync(
    join(app, 'embedded.mjs'),
    `import { openEngine } from 'slipway';
    const engine = await openEngine({ dataRoot: '${base}/library', execRoot: '${base}/library-run' });
    const { backend } = engine;
    await backend.imageBootstrap('hello', () => undefined);
    const { Id } = await backend.containerCreate('', { Image: 'hello' });
    await backend.containerStart(Id, {});
    const { status } = await backend.containerWait(Id, 'not-running', new AbortController().signal);
    console.log(JSON.stringify(await status));
    await backend.containerRemove(Id, { force: true, volumes: true, link: false });
    await engine.close();`,
  );
  const { stdout } = await isolated([process.execPath, join(app, 'embedded.mjs')]);
  assert.equal(stdout, '{"StatusCode":0}\n');
});

test('the installed OCI runtime runs a container, with the code that was compiled for it', async () => {
  const runtime = join(app, 'node_modules/.bin/slipway-runtime');
  const bundle = join(base, 'bundle');
  makeBusyboxRoot(join(bundle, 'rootfs'));
  await run(runtime, ['spec', '--bundle', bundle]);
  const file = join(bundle, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  spec.process = { ...spec.process, terminal: false, args: ['sh', '-c', 'echo inside; exit 3'] };
  writeFileSync(file, JSON.stringify(spec));
  const result = await run(runtime, [
    '--root',
    join(base, 'state'),
    'run',
    '--bundle',
    bundle,
    'packed',
  ]).catch((error: { code: number; stdout: string }) => error);
  assert.deepEqual([(result as { code?: number }).code, result.stdout], [3, 'inside\n']);
  assert.ok(existsSync(join(app, 'node_modules/slipway/dist/runtime.cache')));
});
