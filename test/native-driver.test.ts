import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { describeExecDriver } from '../src/execdriver/exec-driver-suite.ts';
import { openNativeDriver } from '../src/execdriver/native/open-native-driver.ts';
import { logOf, outputOf, SuiteContainers } from '../src/execdriver/suite-containers.ts';
import type { Process } from '../src/oci/runtime-spec.ts';
import { makeBusyboxRoot } from './fixtures/busybox-root.ts';
import { until } from '../src/base/testing/until.ts';

const shimPath = new URL('../shim/bin/slipway-shim', import.meta.url).pathname;
const open = () => openNativeDriver({ shimPath });
const kill = (pid: number) => process.kill(pid, 'SIGKILL');

const driver = open();
const containers = new SuiteContainers(makeBusyboxRoot);

after(() => {
  driver.close();
  containers.close();
});

describeExecDriver({ name: 'native', open, makeRoot: makeBusyboxRoot });

test('a failing operation is named with its arguments, and leaves nothing', async () => {
  const options = containers.options(['true']);
  options.spec.mounts?.push({ destination: '/mnt', type: 'nofs', source: 'x' });
  await assert.rejects(
    driver.create(options),
    /mount\(type="nofs", source="x", target="\/mnt"\): no such device/,
  );
  assert.equal(existsSync(options.stateDir), false);
  assert.deepEqual(containers.cgroupsOf(options.id), []);
});

test('of both streams at once, standard output is logged first', async () => {
  for (let round = 0; round < 10; round++) {
    const options = containers.options(['sh', '-c', 'echo first; echo second >&2']);
    const task = await driver.create(options);
    await outputOf(task);
    assert.deepEqual(
      logOf(options).map(({ log }) => log),
      ['first\n', 'second\n'],
    );
    await task.remove();
  }
});

test('what is executed in a container that is just ending is told that it does not run', async () => {
  const outcomes: string[] = [];
  for (let round = 0; round < 40; round++) {
    const task = await driver.create(containers.options(['sleep', '1000']));
    await task.start();
    const process = { ...containers.options(['true']).spec.process, args: ['true'] } as Process;
    const io = { terminal: false, stdin: false, stdinOnce: false };
    if (round % 2 === 0) kill(task.pid);
    const execs = [0, 1, 2].map(async index => {
      const exec = await task.exec({ id: `exec-${index}`, process, io });
      await exec.start();
    });
    if (round % 2 === 1) setImmediate(() => kill(task.pid));
    for (const outcome of await Promise.allSettled(execs))
      if (outcome.status === 'rejected')
        outcomes.push((outcome.reason as { kind?: string }).kind ?? String(outcome.reason));
    await task.remove();
  }
  assert.deepEqual([...new Set(outcomes)], ['conflict']);
});

test('a shim of a version that is not understood is refused, and goes on', async () => {
  const options = containers.options(['sleep', '1000']);
  const first = open();
  await (await first.create(options)).start();
  first.close();
  const file = join(options.stateDir, 'container.json');
  const content = readFileSync(file, 'utf8');
  writeFileSync(file, content.replace(/"protocol":\d+/, '"protocol":9999'));
  const second = open();
  await assert.rejects(second.recover(options.id, options.stateDir), {
    kind: 'conflict',
    message:
      /is held by a shim of another version of Slipway \(it speaks protocol 9999, this version [\d, ]+\)/,
  });
  writeFileSync(file, content);
  const container = await second.recover(options.id, options.stateDir);
  assert.equal((await container.pids()).length, 1);
  await container.remove();
  second.close();
});

test('an exit without a connected daemon is found in the state directory', async () => {
  const options = containers.options(['sh', '-c', 'exit 5']);
  const first = open();
  await (await first.create(options)).start();
  first.close();
  const file = join(options.stateDir, 'container.json');
  await until(() => /^5 0 \d+ *\n/.test(readFileSync(file, 'utf8')));
  const second = open();
  const container = await second.recover(options.id, options.stateDir);
  assert.equal((await container.exited).code, 5);
  await container.remove();
  second.close();
});

/** Shims that are children of this process and belong to no container yet. */
function idleShims(): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.map(Number).filter(pid => {
    try {
      const [, parent] = /\) . (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-----');
    } catch {
      return false;
    }
  });
}

test('what cannot be encoded is refused at once, and costs no shim', async () => {
  const hostile: Partial<Process>[] = [
    { args: ['sh', 'a\0b'] },
    { cwd: '/a\0b' },
    { env: ['PATH=/bin', 'A=b\0c'] },
  ];
  const before = idleShims().length;
  for (const process of hostile) {
    const options = containers.options(['true'], {}, process);
    await assert.rejects(driver.create(options), { kind: 'invalid-parameter', message: /nul byte/ });
    assert.ok(!existsSync(options.stateDir));
  }
  const options = containers.options(['sleep', '1000']);
  const container = await driver.create(options);
  const exec = { id: 'x', process: { ...options.spec.process, args: ['a\0b'] } as Process };
  const io = { terminal: false, stdin: false, stdinOnce: false };
  await assert.rejects(container.exec({ ...exec, io }), { kind: 'invalid-parameter', message: /nul byte/ });
  await container.remove();
  assert.ok(idleShims().length <= Math.max(before, 2));
});

test('a creation that hangs is given up at once, and leaves neither shim nor files', async () => {
  const others = new Set(idleShims());
  const own = open();
  await (await own.create({ ...containers.options(['true']), start: true })).remove();
  let idle: number[] = [];
  while (idle.length < 2) {
    await new Promise(resolve => setTimeout(resolve, 5));
    idle = idleShims().filter(pid => !others.has(pid));
  }
  for (const pid of idle) process.kill(pid, 'SIGSTOP');
  const options = containers.options(['sleep', '1000']);
  const creation = new AbortController();
  const failed = assert.rejects(own.create({ ...options, signal: creation.signal }), /no longer wanted/);
  await new Promise(resolve => setTimeout(resolve, 50));
  creation.abort(new Error('no longer wanted'));
  await failed;
  assert.ok(!existsSync(options.stateDir));
  assert.equal(idle.filter(pid => existsSync(`/proc/${pid}/cmdline`)).length, 1);
  for (const pid of idleShims().filter(pid => idle.includes(pid))) process.kill(pid, 'SIGCONT');
  own.close();
});
