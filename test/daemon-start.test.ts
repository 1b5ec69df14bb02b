/** What daemons must not share, and the daemon that a first command starts. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type CommandResult, DaemonProcess } from './fixtures/daemon-process.ts';
import { machineEnvironment, NEW_MACHINE } from './fixtures/new-machine.ts';
import { until } from '../src/base/testing/until.ts';
import { TestTerminal } from './fixtures/test-terminal.ts';

const program = new URL('../bin/slipway', import.meta.url).pathname;

describe('beside a daemon', () => {
  let first: DaemonProcess;

  before(async () => {
    first = await DaemonProcess.start();
  });

  after(async () => {
    await first.dispose();
  });

  const at = (name: string) => join(first.base, name);

  /** Another, in the same network namespace, of which only the socket and what is left out differ. */
  async function another(flags: Record<string, string>): Promise<CommandResult> {
    const own = {
      'log-level': 'error',
      'data-root': at('other'),
      'exec-root': at('other-run'),
      pidfile: at('other.pid'),
      ...flags,
    };
    const words = Object.entries(own).map(([name, value]) => `--${name}=${value}`);
    return first.inNetwork('timeout', '60', program, 'daemon', '-H', `unix://${at('other.sock')}`, ...words);
  }

  async function bridge(): Promise<{ device: string; subnet: string }> {
    const format = '{{index .Options "com.docker.network.bridge.name"}} {{(index .IPAM.Config 0).Subnet}}';
    const { stdout } = await first.slipway('network', 'inspect', '-f', format, 'bridge');
    const [device = '', subnet = ''] = stdout.trim().split(' ');
    return { device, subnet };
  }

  test('none has its pidfile, which stays as it is', async () => {
    const { code, stderr } = await another({ pidfile: at('pid') });
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `failed to start daemon, ensure slipway is not running or delete ${at('pid')}: process with PID ${first.pid} is still running\n`,
    );
    assert.equal(readFileSync(at('pid'), 'utf8'), `${first.pid}\n`);
  });

  test('none has the pidfile of any program that lives', async () => {
    writeFileSync(at('foreign.pid'), `${process.pid}\n`);
    const { code, stderr } = await another({ pidfile: at('foreign.pid') });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`process with PID ${process.pid} is still running`));
    assert.equal(readFileSync(at('foreign.pid'), 'utf8'), `${process.pid}\n`);
  });

  test('none has its exec root', async () => {
    const { code, stderr } = await another({ 'exec-root': at('exec') });
    assert.equal(code, 1);
    assert.match(stderr, /^another daemon \(process \d+\) is using the exec root .*\/exec\n/);
  });

  test('none has its bridge', async () => {
    const { device } = await bridge();
    const { code, stderr } = await another({ bridge: device });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^another daemon \\(process \\d+\\) is using the bridge ${device}\n`));
  });

  test('none has its subnet, nor a part of it', async () => {
    const { subnet } = await bridge();
    const [network = '', length] = subnet.split('/');
    const same = await another({ bip: `${network.replace(/0$/, '9')}/${length}` });
    assert.match(
      same.stderr,
      new RegExp(`^another daemon \\(process \\d+\\) is using the subnet ${subnet}\n`),
    );
    const part = await another({ bip: `${network.replace(/0\.0$/, '9.1')}/24` });
    assert.match(part.stderr, /^the subnet \S+ overlaps with the bridge \S+ \(\S+\)\n/);
    assert.deepEqual([same.code, part.code], [1, 1]);
  });

  test('others start at once, each with a subnet of its own', async () => {
    const ids = ['one', 'two', 'three'];
    const script = `
      trap 'kill $daemons; wait' EXIT
      for id in ${ids.join(' ')}; do
        ${program} daemon -H unix://$base/$id.sock --data-root $base/$id --exec-root $base/$id-run --pidfile $base/$id.pid --log-level error &
        daemons="$daemons $!"
      done
      for id in ${ids.join(' ')}; do
        until [ -S $base/$id.sock ]; do kill -0 $daemons || exit 1; sleep 0.05; done
        ${program} -H unix://$base/$id.sock network inspect -f '{{(index .IPAM.Config 0).Subnet}}' bridge
      done`;
    const { code, stdout, stderr } = await first.inNetwork(
      'env',
      `base=${first.base}`,
      'timeout',
      '60',
      'sh',
      '-c',
      script,
    );
    assert.equal(code, 0, stderr);
    const { subnet } = await bridge();
    const subnets = [subnet, ...stdout.trim().split('\n')];
    assert.equal(new Set(subnets).size, 4, subnets.join(' '));
  });
});

test('a pidfile left by a crash does not keep a daemon from starting, even if another process has the pid', async () => {
  const daemon = new DaemonProcess();
  try {
    const path = join(daemon.base, 'pid');
    writeFileSync(path, `${process.pid}\n`);
    utimesSync(path, 0, 0);
    await daemon.start();
    assert.equal(readFileSync(path, 'utf8'), `${daemon.pid}\n`);
    await daemon.kill();
    await daemon.start();
    assert.equal(readFileSync(path, 'utf8'), `${daemon.pid}\n`);
  } finally {
    await daemon.dispose();
  }
});

test('the log is text on a terminal, and JSON elsewhere', async t => {
  const daemon = await DaemonProcess.start('--log-level', 'info');
  t.after(() => daemon.dispose());
  await daemon.kill('SIGTERM');
  const messages = daemon.output
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { msg: string }).msg);
  assert.equal(messages.at(-1), 'stopping; containers keep running');
  const own = ['data', 'exec', 'pid'].map(name => join(daemon.base, name));
  const flags = `-H ${daemon.host} --data-root ${own[0]} --exec-root ${own[1]} --pidfile ${own[2]} --raw-logs`;
  const terminal = new TestTerminal(['unshare', '-n', program, 'daemon', ...flags.split(' ')], process.env);
  t.after(() => terminal.dispose());
  await terminal.shows(/\] INFO: API listening \{"addresses"/);
  terminal.type('\u0003');
  assert.equal(await terminal.exited, 0);
  assert.ok(!terminal.screen.includes('\u001B'), terminal.screen);
});

/** Runs a script where no daemon ever was. */
async function onNewMachine(script: string): Promise<CommandResult> {
  const command = ['-mn', 'timeout', '100', 'sh', '-ec', `${NEW_MACHINE}\n${script}`];
  return new Promise(resolve => {
    execFile(
      'unshare',
      command,
      { env: machineEnvironment({ slipway: program }) },
      (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}

describe('the first command', () => {
  test('of four at once starts a daemon, for which the others wait', async () => {
    const { code, stdout, stderr } = await onNewMachine(`
      commands=''
      for i in 1 2 3 4; do $slipway run --rm hello > /run/out$i 2> /run/err$i & commands="$commands $!"; done
      for command in $commands; do wait $command || echo "exit code $?"; done
      kill $(cat /run/slipway/slipway.pid)
      cat /run/out*; cat /run/err* >&2`);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/Hello from Slipway!/g)?.length, 4, stdout + stderr);
    assert.equal(stderr.match(/started the daemon/g)?.length, 1, stderr);
  });

  test('shows the error of a daemon that does not start, and then what one can do', async () => {
    const { code, stderr } = await onNewMachine(`
      mkdir -p /var/lib/slipway
      exec 9>> /var/lib/slipway/engine.lock
      flock 9
      echo 4711 >&9
      $slipway ps`);
    assert.equal(code, 1);
    assert.deepEqual(stderr.split('\n'), [
      'the daemon did not start: another daemon (process 4711) is using the data root /var/lib/slipway',
      'Stop it first, or give this one another --data-root and --exec-root.',
      'See /var/log/slipway/daemon.log.',
      '',
    ]);
  });
});

test('a rejection that was not handled is told of, and ends no daemon', async () => {
  const fault = 'setTimeout(() => Promise.reject(new Error("forgotten")), 1)';
  const { NODE_OPTIONS: options } = process.env;
  process.env['NODE_OPTIONS'] = `--import=data:text/javascript,${encodeURIComponent(
    // The pool's threads and other programs do not have the flags of a daemon.
    `process.argv.includes("--pidfile") && process.on("newListener", name => name === "SIGHUP" && ${fault})`,
  )}`;
  const daemon = new DaemonProcess();
  try {
    await daemon.start();
    await until(() => daemon.output.includes('a rejection was not handled'));
    assert.match(daemon.output, /forgotten/);
    assert.equal(await daemon.text('GET', '/_ping'), 'OK');
  } finally {
    if (options === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = options;
    // Which tells of it, too, as it would of one that no test expects.
    await assert.rejects(daemon.dispose(), /forgotten/);
  }
});

describe('for a user who is not root', () => {
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

  test('a socket that is there is not said to be that of no daemon', async t => {
    const daemon = await DaemonProcess.start();
    t.after(() => daemon.dispose());
    chmodSync(daemon.base, 0o755);
    const { code, stderr } = await daemon.run([...asNobody, program, 'ps']);
    assert.equal(code, 1);
    const [problem, hint] = stderr.split('\n');
    assert.equal(
      problem,
      `permission denied while trying to connect to the Slipway daemon socket at ${daemon.host}`,
    );
    assert.match(hint ?? '', /^Run the command as root, or as a member of the group "docker"/);
  });

  test('a daemon says that it needs root, and makes nothing', async () => {
    const [command, ...words] = [...asNobody, program, 'daemon'];
    await assert.rejects(promisify(execFile)(command, words), {
      code: 1,
      stderr: 'the daemon needs to be started with root privileges\n',
    });
  });
});

describe('where no directory can be made', () => {
  for (const name of ['data-root', 'exec-root'])
    test(`a daemon says so: --${name}`, async t => {
      const base = mkdtempSync('/tmp/slipway-test-');
      t.after(() => rmSync(base, { recursive: true }));
      const roots = { 'data-root': `${base}/data`, 'exec-root': `${base}/run`, [name]: '/proc/x/y' };
      const flags = Object.entries(roots).map(([flag, path]) => `--${flag}=${path}`);
      const command = [program, 'daemon', '--pidfile', '', '-H', `unix://${base}/socket`, ...flags];
      await assert.rejects(promisify(execFile)('timeout', ['60', ...command]), {
        code: 1,
        stderr: 'mkdir /proc/x: no such file or directory\n',
      });
    });

  test('the source of a bind is refused', async () => {
    const daemon = await DaemonProcess.start();
    try {
      await daemon.slipway('image', 'bootstrap', 'hello');
      const { code, stderr } = await daemon.slipway('run', '--rm', '-v', '/proc/x/y:/z', 'hello');
      assert.equal(code, 127);
      assert.match(stderr, /error while creating mount source path '\/proc\/x\/y'/);
    } finally {
      await daemon.dispose();
    }
  });
});
