/** The unmodified docker CLI against our daemon (issue: the first container, item 3). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noDocker } from './fixtures/docker-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { TestTerminal } from './fixtures/test-terminal.ts';

describe('the docker CLI', { skip: noDocker }, () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
  });

  const docker = (...args: string[]) => daemon.docker(...args);
  const terminal = (...args: string[]) =>
    new TestTerminal(['docker', ...args], { ...process.env, DOCKER_HOST: daemon.host, TERM: 'xterm' });

  const out = (...args: string[]) => daemon.dockerOut(...args);

  test('runs a container and shows its output', async () => {
    assert.deepEqual(await docker('run', '--rm', 'busybox', 'echo', 'hi'), {
      code: 0,
      stdout: 'hi\n',
      stderr: '',
    });
  });

  test('keeps standard output and standard error apart', async () => {
    const result = await docker('run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2');
    assert.deepEqual(result, { code: 0, stdout: 'out\n', stderr: 'err\n' });
  });

  test('shows with the logs since a container has started all that it wrote', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await out('run', '-d', 'busybox', 'echo', 'first');
      await out('wait', id);
      const startedAt = await out('inspect', id, '--format', '{{.State.StartedAt}}');
      assert.equal(await out('logs', '--since', startedAt, id), 'first');
      await out('rm', id);
    }
  });

  test('pipes standard input, megabytes of it, and its end', async () => {
    const input = 'x'.repeat(3_000_000);
    const result = await daemon.run(['docker', 'run', '-i', '--rm', 'busybox', 'wc', '-c'], input);
    assert.deepEqual([result.code, result.stdout.trim()], [0, '3000000']);
    const echo = await daemon.run(['docker', 'run', '-i', '--rm', 'busybox', 'cat'], input);
    assert.equal(echo.stdout, input);
  });

  test('empty standard input ends at once for every command', async () => {
    await out('run', '-d', '--name', 'fed', 'busybox', 'sleep', '100');
    await out('create', '-i', '--name', 'kept', 'busybox', 'sh', '-c', 'cat; echo end');
    const slipway = join(import.meta.dirname, '../bin/slipway');
    for (const cli of ['docker', slipway]) {
      const told = (...args: string[]) => daemon.run(['timeout', '-s', 'KILL', '20', cli, ...args]);
      const ended = { code: 0, stdout: '', stderr: '' };
      assert.deepEqual(await told('run', '--rm', '-i', 'busybox', 'cat'), ended);
      assert.deepEqual(await told('exec', '-i', 'fed', 'cat'), ended);
      assert.deepEqual(await told('start', '-ai', 'kept'), { ...ended, stdout: 'end\n' });
    }
    await out('rm', '-f', 'fed', 'kept');
  });

  test('gives the exit codes of docker', async () => {
    const codeOf = async (...command: string[]) => (await docker('run', '--rm', 'busybox', ...command)).code;
    assert.equal(await codeOf('sh', '-c', 'exit 42'), 42);
    assert.equal(await codeOf('sh', '-c', 'sleep 100 & kill -TERM $!; wait $!'), 143);
    assert.equal(await codeOf('nope'), 127);
    assert.equal(await codeOf('/etc/passwd'), 126);
    assert.equal((await docker('run', '--rm', 'no-such-image')).code, 125);
    assert.equal((await docker('run', '--rm', '--memory', '1', 'busybox')).code, 125);
    assert.equal((await docker('ps', '-a', '-q')).stdout, '');
  });

  test('what cannot be executed after all has run, and says so where it would have written', async () => {
    const script = join(daemon.base, 'script');
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 });
    const told = { code: 255, stdout: '', stderr: 'exec /x: no such file or directory\n' };
    const options = ['--net', 'none', '-v', `${script}:/x`];
    assert.deepEqual(await docker('run', '--name', 'unrun', ...options, 'busybox', '/x'), told);
    assert.equal((await docker('logs', 'unrun')).stderr, told.stderr);
    assert.equal(await out('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'unrun'), 'exited 255');
    await out('rm', 'unrun');
    await out('run', '-d', '--name', 'around', ...options, 'busybox', 'sleep', '100');
    assert.deepEqual(await docker('exec', 'around', '/x'), told);
    await out('rm', '-f', 'around');
  });

  test('runs a shell on a terminal: typing, size, Ctrl-C, exit code', async () => {
    const shell = terminal('run', '-it', '--rm', 'busybox', 'sh');
    try {
      await shell.shows('/ # ');
      shell.type('stty size\r');
      await shell.shows('24 80');
      shell.resize(40, 120);
      await new Promise(resolve => setTimeout(resolve, 300));
      shell.type('stty size\r');
      await shell.shows('40 120');
      shell.type('sleep 1000\r');
      await new Promise(resolve => setTimeout(resolve, 300));
      shell.type('\x03');
      shell.type('echo back $?\r');
      await shell.shows('back 130');
      shell.type('exit 5\r');
      assert.equal(await shell.exited, 5);
    } finally {
      shell.dispose();
    }
  });

  test('detaches with Ctrl-P Ctrl-Q, and attaches again', async () => {
    const shell = terminal('run', '-it', '--name', 'detached', 'busybox', 'sh');
    try {
      await shell.shows('/ # ');
      shell.type('\x10\x11');
      assert.equal(await shell.exited, 0);
      assert.equal(await out('inspect', '-f', '{{.State.Running}}', 'detached'), 'true');
      const again = terminal('attach', 'detached');
      try {
        await new Promise(resolve => setTimeout(resolve, 300));
        again.type('echo still $((6*7))\r');
        await again.shows('still 42');
        again.type('exit\r');
        assert.equal(await again.exited, 0);
      } finally {
        again.dispose();
      }
    } finally {
      shell.dispose();
      await docker('rm', '-f', 'detached');
    }
  });

  test('runs in the background; ps, logs, inspect, stop and rm tell of it', async () => {
    const id = await out('run', '-d', '--name', 'web', 'busybox', 'sh', '-c', 'echo ready; exec sleep 1000');
    assert.match(id, /^[0-9a-f]{64}$/);
    const { stderr: wrong } = await docker('top', 'web', '-zzz');
    assert.match(wrong, /^Error response from daemon: ps: error: [^\n]*\n$/);
    assert.match(
      await out('ps', '--format', '{{.Names}} {{.Status}}'),
      /^web Up (Less than a second|\d+ seconds?)$/,
    );
    assert.equal(await out('logs', 'web'), 'ready');
    assert.equal(await out('inspect', '-f', '{{.State.Status}} {{.Config.Image}}', 'web'), 'running busybox');
    assert.equal(await out('stop', '-t', '1', 'web'), 'web');
    assert.match(await out('ps', '-a', '--format', '{{.Names}} {{.Status}}'), /^web Exited \(137\) /);
    assert.equal(await out('rm', 'web'), 'web');
    assert.equal(await out('ps', '-aq'), '');
  });

  test('follows logs to the end', async () => {
    await out(
      'run',
      '-d',
      '--name',
      'chatty',
      'busybox',
      'sh',
      '-c',
      'for i in 1 2 3 4 5; do echo $i; sleep 0.2; done',
    );
    assert.equal(await out('logs', '-f', 'chatty'), '1\n2\n3\n4\n5');
    assert.equal(await out('logs', '--tail', '2', 'chatty'), '4\n5');
    assert.match(await out('logs', '-t', '--tail', '1', 'chatty'), /^20\d\d-\d\d-\d\dT[\d:.]+Z 5$/);
    await out('rm', 'chatty');
  });

  test('executes in a running container, also on a terminal', async () => {
    await out('run', '-d', '--name', 'host', '-e', 'GREETING=hello', 'busybox', 'sleep', '1000');
    assert.equal(
      await out('exec', '-e', 'WHO=you', 'host', 'sh', '-c', 'echo $GREETING $WHO $(id -u)'),
      'hello you 0',
    );
    assert.equal((await docker('exec', 'host', 'sh', '-c', 'exit 9')).code, 9);
    assert.equal((await docker('exec', 'host', 'nope')).code, 127);
    assert.equal(
      await out('exec', '-u', '1000:2000', '-w', '/tmp', 'host', 'sh', '-c', 'id -u; id -g; pwd'),
      '1000\n2000\n/tmp',
    );
    const piped = await daemon.run(['docker', 'exec', '-i', 'host', 'cat'], 'through');
    assert.equal(piped.stdout, 'through');
    const shell = terminal('exec', '-it', 'host', 'sh');
    try {
      await shell.shows('/ # ');
      shell.type('tty; exit 3\r');
      await shell.shows('/dev/pts/');
      assert.equal(await shell.exited, 3);
    } finally {
      shell.dispose();
    }
    await out('rm', '-f', 'host');
  });

  test('reports events as they happen', async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    await out('run', '--rm', '--name', 'eventful', 'busybox', 'true');
    const actions = ['create', 'attach', 'start', 'die', 'destroy'];
    assert.deepEqual(await daemon.events(since, 'container=eventful'), actions);
  });

  test('sizes that are nothing are left out of lists', async () => {
    await out('create', '--name', 'untouched', 'busybox');
    const path = `/containers/json?all=1&size=1&filters=${encodeURIComponent('{"name":["untouched"]}')}`;
    const [listed] = (await daemon.api('GET', path)) as Record<string, unknown>[];
    assert.equal(listed!.SizeRw, undefined);
    await out('rm', 'untouched');
  });

  test("an image's events have its labels, as long as it is there", async () => {
    const since = Math.floor(Date.now() / 1000) - 1;
    await out('create', '--name', 'labelled', 'busybox');
    await out('commit', '-c', 'LABEL colour=blue', 'labelled', 'labelled:1');
    await out('tag', 'labelled:1', 'labelled:2');
    await out('rm', 'labelled');
    await out('rmi', 'labelled:1', 'labelled:2');
    const format = '{{.Action}} {{.Actor.Attributes.colour}}';
    assert.deepEqual(await daemon.events(since, 'type=image', format), [
      'create blue',
      'tag blue',
      'tag blue',
      'untag blue',
      'untag blue',
      'delete <no value>',
    ]);
  });

  test('saves, loads, imports and removes images without loss', async () => {
    const id = await out('images', '-q', '--no-trunc', 'busybox');
    const archive = `${daemon.base}/busybox.tar`;
    await out('save', '-o', archive, 'busybox');
    await out('tag', 'busybox', 'again:1');
    assert.equal(await out('rmi', 'busybox'), 'Untagged: busybox:latest');
    assert.match(await out('rmi', 'again:1'), /^Untagged: again:1\nDeleted: sha256:/);
    assert.equal(await out('load', '-i', archive), 'Loaded image: busybox:latest');
    assert.equal(await out('images', '-q', '--no-trunc', 'busybox'), id);
    await out('create', '--name', 'flat', 'busybox');
    await out('export', '-o', `${daemon.base}/flat.tar`, 'flat');
    assert.match(
      await out('import', '-c', 'CMD ["cat","/etc/hostname"]', `${daemon.base}/flat.tar`, 'flat:1'),
      /^sha256:/,
    );
    assert.equal(await out('history', '--format', '{{.Comment}}', 'flat:1'), 'Imported from -');
    assert.equal(await out('run', '--rm', '-h', 'box', 'flat:1'), 'box');
    await out('rm', 'flat');
    await out('rmi', 'flat:1');
  });

  test('publishes ports on the host, of tcp and of udp', async () => {
    const serve = 'while :; do echo served | nc -l -p 80; done';
    await out('run', '-d', '--name', 'tcp', '-p', '8080:80', 'busybox', 'sh', '-c', serve);
    assert.match(await out('port', 'tcp'), /^80\/tcp -> 0\.0\.0\.0:8080/);
    const ask = 'sleep 0.3; echo | /bin/busybox nc -w 3 127.0.0.1 8080';
    assert.equal((await daemon.inNetwork('sh', '-c', ask)).stdout, 'served\n');
    const taken = await docker('run', '--rm', '-p', '8080:80', 'busybox', 'true');
    assert.equal(taken.code, 125);
    assert.match(taken.stderr, /port is already allocated/);
    await out('rm', '-f', 'tcp');
    await out('run', '-d', '--name', 'udp', '-p', '127.0.0.1::53/udp', 'busybox', 'sleep', '1000');
    const port = (await out('port', 'udp', '53/udp')).split(':').at(-1) ?? '';
    const echo = `require('dgram').createSocket('udp4').on('message', function (data, from) {
      this.send('echo ' + data, from.port, from.address, () => this.close());
    }).bind(53)`;
    const pid = await out('inspect', '-f', '{{.State.Pid}}', 'udp');
    const server = daemon.run(['nsenter', '-n', '-t', pid, process.execPath, '-e', echo]);
    const query = `const socket = require('dgram').createSocket('udp4');
      socket.on('message', data => { console.log(String(data)); process.exit(); });
      setInterval(() => socket.send('hello', ${port}, '127.0.0.1'), 100);`;
    const answer = await daemon.inNetwork(process.execPath, '-e', query);
    assert.equal(answer.stdout, 'echo hello\n');
    await server;
    await out('rm', '-f', 'udp');
  });

  test('limits, users, mounts and other options reach the process', async () => {
    const inside = async (flags: string[], script: string) =>
      out('run', '--rm', ...flags, 'busybox', 'sh', '-c', script);
    assert.equal(await inside(['-u', '1234:56'], 'echo $(id -u):$(id -g)'), '1234:56');
    assert.equal(await inside(['--hostname', 'box'], 'hostname; grep -c box /etc/hosts'), 'box\n1');
    assert.equal(await inside(['-w', '/new/dir'], 'pwd'), '/new/dir');
    assert.equal(await inside(['--entrypoint', 'echo'], 'x').catch(String), 'sh -c x');
    assert.equal(
      await inside(
        ['--read-only', '--tmpfs', '/scratch:size=1m'],
        'touch /x 2>/dev/null || touch /scratch/x && echo ok',
      ),
      'ok',
    );
    assert.equal(await inside(['--ulimit', 'nofile=99:100'], 'ulimit -n'), '99');
    assert.equal(
      await inside(['--cap-drop', 'ALL'], 'grep CapEff /proc/self/status'),
      'CapEff:\t0000000000000000',
    );
    assert.equal(await inside(['--network', 'none'], 'ls /sys/class/net'), 'lo');
    assert.equal(
      await inside(['--sysctl', 'net.ipv4.ip_forward=1'], 'cat /proc/sys/net/ipv4/ip_forward'),
      '1',
    );
    assert.equal(await inside(['--add-host', 'db:10.1.2.3'], 'grep -w db /etc/hosts'), '10.1.2.3\tdb');
    assert.equal(
      await inside(['--dns', '9.9.9.9'], 'grep nameserver /etc/resolv.conf'),
      'nameserver 9.9.9.9',
    );
    assert.equal(await inside(['--shm-size', '1m'], 'df -k /dev/shm | tail -1 | awk "{print \\$2}"'), '1024');
    assert.equal(await inside(['--init'], 'cat /proc/1/comm'), 'docker-init');
    assert.equal(
      await inside(
        ['--memory', '64m'],
        'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true',
      ),
      String(64 << 20),
    );
    assert.equal(
      await inside(
        ['--pids-limit', '50'],
        'cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true',
      ),
      '50',
    );
    assert.equal(
      await inside(['-v', `${daemon.base}:/host:ro`], 'touch /host/x 2>&1 | grep -c Read-only'),
      '1',
    );
  });

  test('containers share namespaces with each other', async () => {
    await out(
      'run',
      '-d',
      '--name',
      'donor',
      '--ipc',
      'shareable',
      'busybox',
      'sh',
      '-c',
      'echo note > /dev/shm/note; exec sleep 1000',
    );
    const joined = (flag: string, script: string) => out('run', '--rm', flag, 'busybox', 'sh', '-c', script);
    assert.equal(await joined('--ipc=container:donor', 'cat /dev/shm/note'), 'note');
    assert.match(await joined('--pid=container:donor', 'ps'), /sleep 1000/);
    const address = await out('exec', 'donor', 'hostname', '-i');
    assert.equal(
      await joined('--network=container:donor', 'ifconfig eth0 | grep -o "addr:[0-9.]*"'),
      `addr:${address}`,
    );
    await out('rm', '-f', 'donor');
  });

  test('what is killed for want of memory is said to be', async () => {
    const script = 'x=$(head -c 100m /dev/zero | tr "\\0" x); echo $x | wc -c';
    await docker(
      'run',
      '--name',
      'hungry',
      '-m',
      '20m',
      '--memory-swap',
      '20m',
      'busybox',
      'sh',
      '-c',
      script,
    );
    assert.equal(await out('inspect', '-f', '{{.State.OOMKilled}}', 'hungry'), 'true');
    await out('rm', 'hungry');
  });
});
