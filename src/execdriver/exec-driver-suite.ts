import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../base/testing/until.ts';
import type { ExecDriver } from './driver.ts';
import { StartError } from './start-error.ts';
import { demultiplex, logOf, outputOf, processOf, SuiteContainers } from './suite-containers.ts';

export type ExecDriverSuite = {
  name: string;
  /** Opens the driver. Called again where the suite plays a restarted engine. */
  open: () => ExecDriver;
  /** Fills a directory with a root file system: busybox, its commands in /bin, and /etc/passwd. */
  makeRoot: (directory: string) => void;
};

/** What every exec driver must do, as tests of node:test. Needs root. */
export function describeExecDriver({ name, open, makeRoot }: ExecDriverSuite): void {
  describe(`exec driver ${name}`, () => {
    let driver: ExecDriver;
    let containers: SuiteContainers;

    before(() => {
      containers = new SuiteContainers(makeRoot);
      driver = open();
    });
    after(() => {
      driver.close();
      containers.close();
    });

    test('a process runs in its own namespaces, and its output is logged and sent', async () => {
      const options = containers.options(['sh', '-c', 'echo $$; hostname; echo oops >&2; exit 7']);
      const task = await driver.create(options);
      const { status, output } = await outputOf(task);
      assert.equal(status.code, 7);
      assert.deepEqual(demultiplex(output), { stdout: '1\nbox\n', stderr: 'oops\n' });
      await task.remove();
      assert.deepEqual(
        logOf(options)
          .map(({ log, stream }) => [stream, log])
          .sort(([a = ''], [b = '']) => a.localeCompare(b)),
        [
          ['stderr', 'oops\n'],
          ['stdout', '1\n'],
          ['stdout', 'box\n'],
        ],
      );
    });

    test('standard input reaches the process, and its end too', async () => {
      const task = await driver.create(containers.options(['cat'], { stdin: true, stdinOnce: true }));
      const { status, output } = await outputOf(task, 'hello');
      assert.equal(status.code, 0);
      assert.equal(output, '\x01\0\0\0\0\0\0\x05hello');
      await task.remove();
    });

    test('more output than any buffer holds arrives whole, and in order', async () => {
      const options = containers.options(['sh', '-c', 'seq 1 200000']);
      const task = await driver.create(options);
      const { output } = await outputOf(task);
      const lines = demultiplex(output).stdout;
      assert.equal(lines, Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join(''));
      await task.remove();
      assert.equal(
        logOf(options)
          .map(({ log }) => log)
          .join(''),
        lines,
      );
    });

    test('a terminal has its size, and carries both streams', async () => {
      const task = await driver.create(
        containers.options(['sh', '-c', 'tty; stty size; echo err >&2'], {
          terminal: true,
          stdin: true,
          rows: 33,
          columns: 101,
        }),
      );
      const { output } = await outputOf(task);
      assert.equal(output, '/dev/pts/0\r\n33 101\r\nerr\r\n');
      await task.remove();
    });

    test('a command that is missing or not executable is told apart', async () => {
      const failing = async (args: string[]) => {
        const options = containers.options(args);
        const error = await driver.create(options).then(String, (reason: unknown) => reason);
        assert.ok(error instanceof StartError, String(error));
        assert.equal(existsSync(options.stateDir), false);
        return [error.reason, error.message.split('init: ')[1]];
      };
      assert.deepEqual(await failing(['nope']), [
        'not-found',
        'exec: "nope": executable file not found in $PATH',
      ]);
      assert.deepEqual(await failing(['/nope']), [
        'not-found',
        'exec: "/nope": stat /nope: no such file or directory',
      ]);
      assert.deepEqual(await failing(['/etc/passwd']), [
        'not-executable',
        'exec: "/etc/passwd": permission denied',
      ]);
      assert.deepEqual(await failing(['/etc']), [
        'not-executable',
        'exec: "/etc": is a directory: permission denied',
      ]);
    });

    test('an exec joins the container, with a terminal too, and reports its own exit code', async () => {
      const task = await driver.create(containers.options(['sleep', '1000']));
      await task.start();
      const process = processOf(['sh', '-c', 'hostname; stat -c %t /dev/null; exit 3']);
      for (const terminal of [false, true]) {
        const exec = await task.exec({
          id: `e${terminal}`,
          process,
          io: { terminal, stdin: false, stdinOnce: false },
        });
        const { status, output } = await outputOf(exec);
        assert.equal(status.code, 3);
        assert.ok(output.includes('box'), output);
      }
      const missing = { ...process, args: ['nope'] };
      await assert.rejects(
        task.exec({ id: 'm', process: missing, io: { terminal: false, stdin: false, stdinOnce: false } }),
        StartError,
      );
      assert.equal((await task.pids()).length, 1);
      await task.remove();
      assert.equal((await task.exited).code, 137);
    });

    test('a container goes on without its driver, and is found again', async () => {
      const options = containers.options([
        'sh',
        '-c',
        'for i in $(seq 1 30); do echo $i; sleep 0.01; done; exit 9',
      ]);
      const first = open();
      await (await first.create(options)).start();
      first.close();
      const second = open();
      const task = await second.recover(options.id, options.stateDir);
      assert.equal((await task.exited).code, 9);
      await task.remove();
      second.close();
      assert.deepEqual(
        logOf(options).map(({ log }) => log),
        Array.from({ length: 30 }, (_, i) => `${i + 1}\n`),
      );
    });

    test('masked and read-only paths are', async () => {
      const script =
        'wc -c < /proc/keys; (echo 1 > /proc/sys/kernel/domainname) 2>&1; ' +
        'for name in firmware kernel; do ls /sys/$name | wc -l; done';
      const task = await driver.create(containers.options(['sh', '-c', script]));
      const { output } = await outputOf(task);
      assert.match(output, /0\n[^]*Read-only file system[^]*0\n[^]*0\n/);
      await task.remove();
    });

    test('no link in the image leads a mount out of the root', async () => {
      const options = containers.options(['sh', '-c', 'cat /data/probe']);
      const victim = join(containers.base, `victim-${options.id}`);
      mkdirSync(victim);
      mkdirSync(join(options.rootfs.upperdir, 'bait'));
      symlinkSync(`../../../../../../../..${victim}`, join(options.rootfs.upperdir, 'data'));
      writeFileSync(join(containers.base, 'probe'), 'here');
      options.spec.mounts?.push({
        destination: '/data/probe',
        type: 'bind',
        source: join(containers.base, 'probe'),
        options: ['bind', 'ro'],
      });
      const task = await driver.create(options);
      const { output } = await outputOf(task);
      assert.ok(output.endsWith('here'), output);
      assert.deepEqual(readdirSync(victim), []);
      await task.remove();
    });

    test('a creation that fails leaves nothing', async () => {
      const options = containers.options(['true']);
      options.spec.mounts?.push({ destination: '/mnt', type: 'nofs', source: 'x' });
      await assert.rejects(driver.create(options), { kind: 'system' });
      assert.equal(existsSync(options.stateDir), false);
      assert.deepEqual(containers.cgroupsOf(options.id), []);
    });

    test('an exit while no driver was open is told of when one is', async () => {
      const options = containers.options(['sh', '-c', 'exit 5']);
      const first = open();
      const task = await first.create(options);
      const { pid } = task;
      await task.start();
      first.close();
      await until(() => !existsSync(`/proc/${pid}`));
      const second = open();
      const found = await second.recover(options.id, options.stateDir);
      assert.equal((await found.exited).code, 5);
      await found.remove();
      second.close();
    });

    test('a paused container does nothing until it is resumed', async () => {
      const options = containers.options(['cat'], { stdin: true, stdinOnce: true });
      const task = await driver.create(options);
      const socket = await task.attach({ stdin: true, stdout: true, stderr: true });
      await task.start();
      await task.pause();
      socket.end('hello\n');
      socket.resume();
      assert.equal((await task.pids()).length, 1);
      assert.deepEqual(logOf(options), []);
      await task.resume();
      assert.equal((await task.exited).code, 0);
      await task.remove();
      assert.deepEqual(
        logOf(options).map(({ log }) => log),
        ['hello\n'],
      );
    });

    test('what is removed twice is removed, with its processes, its directory and its cgroups', async () => {
      const options = containers.options(['sh', '-c', 'sleep 1000 & sleep 1000; true']);
      const task = await driver.create(options);
      await task.start();
      await until(async () => (await task.pids()).length === 3);
      const pids = await task.pids();
      await task.remove();
      await task.remove();
      assert.deepEqual(
        pids.filter(pid => existsSync(`/proc/${pid}`)),
        [],
      );
      assert.equal(existsSync(options.stateDir), false);
      assert.deepEqual(containers.cgroupsOf(options.id), []);
      await assert.rejects(driver.recover(options.id, options.stateDir), { kind: 'not-found' });
    });
  });
}
