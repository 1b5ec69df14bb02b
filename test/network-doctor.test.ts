/** `network doctor` of a container and of a port: packets that the rules of several programs decide about. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ContainerInspect } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const SERVER = ['sh', '-c', 'echo served > /index.html; exec httpd -f -h /'];

describe('the way of a packet through the firewalls', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
    // A way out, and a neighbour there who answers no ARP.
    for (const command of [
      'ip link add up0 type veth peer name up1',
      'ip link set up0 up',
      'ip link set up1 up',
      'ip address add 10.9.9.1/24 dev up0',
      'ip route add default via 10.9.9.2',
    ])
      await inHost(...command.split(' '));
  });
  after(() => daemon.dispose());
  afterEach(async () => {
    await daemon.clear();
    await daemon.inNetwork('nft', 'delete table inet fw');
  });

  async function inHost(...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await daemon.inNetwork(...command);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  const doctor = (...args: string[]) => daemon.slipway('network', 'doctor', ...args);

  /** Nothing of what it needs stays, whatever becomes of it. */
  async function nothingIsLeft(): Promise<void> {
    await until(async () => !(await inHost('nft', 'list', 'tables')).includes('slipway-trace'));
  }

  async function start(name: string, ports: string[], command = SERVER): Promise<void> {
    const published = ports.flatMap(port => ['-p', port]);
    await daemon.slipwayOut('run', '-d', '--name', name, ...published, 'busybox', ...command);
    if (command !== SERVER) return;
    const pid = ((await daemon.api('GET', `/containers/${name}/json`)) as ContainerInspect).State.Pid;
    await until(async () => {
      const { stdout } = await daemon.run(['nsenter', '-n', '-t', String(pid), 'curl', '-s', '127.0.0.1']);
      return stdout === 'served\n';
    });
  }

  test('what arrives is told, with the rules that lead it', async () => {
    await start('web', ['0.0.0.0:8080:80']);
    for (const reference of ['web', '8080', '8080/tcp']) {
      const { code, stdout, stderr } = await doctor(reference);
      assert.equal(code, 0, stdout + stderr);
      const [here = '', elsewhere = ''] = stdout.split(/^(?=port )/m);
      assert.match(here, /^port 8080\/tcp of web at 0\.0\.0\.0, from this host to 127\.0\.0\.1\n/);
      assert.match(here, / slipway: ip \S+ publish: .*dnat.* \(accept\)\n/);
      assert.match(here, / 127\.0\.0\.1:\d+ > 172\.17\.\d+\.\d+:80 to \S+\n/);
      assert.match(here, /it arrives, and is answered\n$/);
      assert.match(elsewhere, /, as from 192\.0\.2\.1\n {2}192\.0\.2\.1:\d+ > 10\.9\.9\.1:8080 from up0\n/);
      assert.match(elsewhere, / slipway: ip \S+ forward: .*ct status dnat accept \(accept\)\n/);
      assert.match(elsewhere, /it arrives, and is answered\n$/);
    }
    await nothingIsLeft();
  });

  test('who drops it is told, whoever that is', async () => {
    await start('web', ['0.0.0.0:8080:80']);
    await inHost('nft', 'add table inet fw');
    await inHost('nft', 'add chain inet fw late { type filter hook forward priority 10; policy accept; }');
    await inHost('nft', 'add rule inet fw late ip saddr 192.0.2.0/24 tcp dport 80 counter drop');
    const stranger = await doctor('8080', '--from', '192.0.2.9');
    assert.equal(stranger.code, 1);
    assert.match(stranger.stdout, / nftables: inet fw late: .*tcp dport 80 counter .*drop \(drop\)\n/);
    assert.match(
      stranger.stdout,
      /dropped by the rule ".*" of the chain inet fw late \(somebody’s with nftables\)/,
    );
    const other = await doctor('8080', '--from', '198.51.100.1');
    assert.equal(other.code, 0, other.stdout);
    await inHost('nft', 'add chain inet fw ufw-before-forward');
    await inHost('nft', 'add rule inet fw ufw-before-forward drop');
    await inHost('nft', 'insert rule inet fw late jump ufw-before-forward');
    assert.match(
      (await doctor('8080', '--from', '198.51.100.1')).stdout,
      /dropped by the rule "drop" of the chain inet fw ufw-before-forward \(ufw’s\)/,
    );
    await nothingIsLeft();
  });

  test('what no rule leads anywhere, nobody listens for, or the host does not forward, is told apart', async () => {
    const nobody = await doctor('8099');
    assert.equal(nobody.code, 1);
    assert.match(nobody.stdout, /port 8099\/tcp of no container/);
    assert.match(nobody.stdout, /refused|no rule leads it to a container/);
    await start('idle', ['127.0.0.1:8081:81'], ['sleep', '1000']);
    const idle = await doctor('idle');
    assert.match(
      idle.stdout,
      /^port 8081\/tcp of idle at 127\.0\.0\.1, from this host[^]*refused: nothing listens/,
    );
    assert.doesNotMatch(idle.stdout, /as from/, 'no other host reaches it');
    await start('web', ['0.0.0.0:8080:80']);
    await inHost('sysctl', '-qw', 'net.ipv4.ip_forward=0');
    try {
      const { stdout, code } = await doctor('web', '--from', '192.0.2.1');
      assert.equal(code, 1);
      assert.match(
        stdout,
        /the host does not pass it on: forwarding is off[^]*remedy: sysctl -w net\.ipv4\.ip_forward=1/,
      );
    } finally {
      await inHost('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    }
    await nothingIsLeft();
  });

  test('what a container sends is followed, too', async () => {
    await start('web', ['0.0.0.0:8080:80']);
    await inHost('nft', 'add table inet fw');
    await inHost('nft', 'add chain inet fw out { type filter hook forward priority 10; policy drop; }');
    const { stdout, code } = await doctor('web', '--to', '198.51.100.7:443');
    assert.equal(code, 1);
    assert.match(stdout, /^198\.51\.100\.7:443\/tcp from the container web\n {2}172\.17\.\d+\.\d+:\d+ > 198/);
    assert.match(stdout, /dropped by the policy of the chain inet fw out/);
    await nothingIsLeft();
  });

  test('what it is asked is checked, and a daemon that is killed leaves nothing', async () => {
    await start('web', ['0.0.0.0:8080:80', '0.0.0.0:8081:81']);
    for (const [args, message] of [
      [['nobody'], /No such container: nobody/],
      [['web', '--from', 'x; flush ruleset'], /invalid IP address/],
      [['web', '--from', '10.9.9.1'], /10\.9\.9\.1 is an address of this host/],
      [['web', '--to', '10.9.9.1'], /not of the form ADDRESS:PORT/],
      [['--to', '10.9.9.1:80'], /need a container/],
    ] as const) {
      const { code, stderr } = await doctor(...args);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
    const asked = doctor('web');
    await until(async () => (await inHost('nft', 'list', 'tables')).includes('slipway-trace'));
    await daemon.kill();
    await asked;
    await nothingIsLeft();
    await daemon.start();
  });
});
