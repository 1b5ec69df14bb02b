/**
 * The main job, from nothing: a daemon on a data root of its own, an image, a container, its output, and how
 * long each stage took. Leaves nothing behind.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const slipway = new URL('../bin/slipway', import.meta.url).pathname;
const base = mkdtempSync('/tmp/slipway-start-');
const host = `unix://${join(base, 'slipway.sock')}`;

async function stage<T>(what: string, task: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await task();
  console.log(`  ${what.padEnd(56)} ${(performance.now() - start).toFixed(0).padStart(6)} ms`);
  return result;
}

/** Runs our CLI against our daemon, its output shown indented. */
function command(...args: string[]): void {
  console.log(`\n$ slipway ${args.join(' ')}`);
  const { stdout, stderr, status } = spawnSync(slipway, ['-H', host, ...args], { encoding: 'utf8' });
  process.stdout.write(`${stdout}${stderr}`);
  if (status !== 0) throw new Error(`slipway ${args.join(' ')}: exit code ${status}`);
}

async function startDaemon() {
  const roots = ['--data-root', join(base, 'data'), '--exec-root', join(base, 'exec')];
  const args = ['daemon', '-H', host, '--pidfile', join(base, 'pid'), '--log-level', 'warn', ...roots];
  const daemon = spawn(slipway, args, { stdio: 'inherit' });
  while (!existsSync(join(base, 'slipway.sock'))) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with exit code ${daemon.exitCode}`);
    await delay(10);
  }
  return daemon;
}

console.log(`A daemon with all its data in ${base}, and a container or two:\n`);
const daemon = await stage('daemon started', startDaemon);
try {
  await stage('slipway run hello (makes the built-in image first)', () => command('run', '--rm', 'hello'));
  await stage('slipway image bootstrap busybox', () => command('image', 'bootstrap', 'busybox'));
  const greeting = 'echo "Hello from process $$ of $(hostname), $(busybox | head -1)"';
  const run = ['run', '--rm', 'busybox', 'sh', '-c', greeting];
  await stage('slipway run busybox', () => command(...run));
  await stage('the same again', () => command(...run));
  if (existsSync('/usr/local/bin/docker') || existsSync('/usr/bin/docker'))
    await stage('the same with the docker CLI', () => {
      console.log(`\n$ DOCKER_HOST=${host} docker ${run.slice(0, 5).join(' ')} …`);
      const env = { ...process.env, DOCKER_HOST: host };
      process.stdout.write(execFileSync('docker', run, { env, encoding: 'utf8' }));
    });
  console.log('\nA daemon of your own: bin/slipway daemon. More: README.md, docs/ARCHITECTURE.md.');
} finally {
  const ended = new Promise(resolve => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  await ended;
  rmSync(base, { recursive: true, force: true });
}
