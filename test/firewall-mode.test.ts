/** Firewalls of others that drop what is forwarded: they decide, or are made to let it pass. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const MODE = '--firewall-mode=docker';
/** Who is reached by what the host forwards, in a network namespace of its own. */
const CLIENT = "unshare -n sh -c 'ip link set lo up; echo $$; exec sleep 100000'";

describe('firewalls of others on the host', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
    for (const command of [
      `${CLIENT} < /dev/null > ${daemon.base}/client 2> /dev/null & until [ -s ${daemon.base}/client ]; do sleep 0.01; done`,
      `ip link add up0 type veth peer name up1 netns $(cat ${daemon.base}/client)`,
      'ip address add 10.9.9.1/24 dev up0 && ip link set up0 up',
      'inside="nsenter -n -t $(cat $0)"; $inside ip address add 10.9.9.2/24 dev up1 && $inside ip link set up1 up',
    ])
      await shell(command);
    await daemon.slipwayOut(
      ...'run -d --name web -p 0.0.0.0:8080:80 busybox sh -c'.split(' '),
      'echo served > /index.html; exec httpd -f -h /',
    );
    await until(async () => (await shell('curl -s 127.0.0.1:8080')) === 'served\n');
  });
  after(async () => {
    await shell('kill -9 $(cat $0)');
    await daemon.dispose();
  });

  async function shell(script: string): Promise<string> {
    const { stdout } = await daemon.inNetwork('sh', '-c', script, `${daemon.base}/client`);
    return stdout;
  }

  const isReached = async (seconds = 2) =>
    (await shell(`nsenter -n -t $(cat $0) curl -s --max-time ${seconds} 10.9.9.1:8080`)) === 'served\n';

  async function restart(...flags: string[]): Promise<void> {
    await daemon.kill('SIGTERM');
    await daemon.start(...flags);
  }

  test('they decide, unless the daemon is told to have them let it pass', async () => {
    assert.equal(await isReached(20), true);
    await shell('iptables -P FORWARD DROP; nft add table inet fw');
    await shell("nft add chain inet fw f '{ type filter hook forward priority 5; policy drop; }'");
    await restart();
    assert.equal(await isReached(), false);
    assert.match(
      (await daemon.slipway('network', 'doctor')).stdout,
      /the chain f of the table inet fw drops/,
    );

    await restart(MODE);
    assert.equal(await isReached(20), true);
    assert.equal((await daemon.slipway('network', 'doctor')).code, 0);
    assert.match(await shell('iptables -S FORWARD'), /^-P FORWARD DROP\n-A FORWARD -j SLIPWAY\S*\n$/);
    const rules = await shell('nft list ruleset');
    await restart(MODE);
    assert.equal(await isReached(20), true);
    const counted = /packets \d+ bytes \d+|handle \d+/g;
    assert.equal((await shell('nft list ruleset')).replace(counted, ''), rules.replace(counted, ''));

    // What is loaded anew is opened anew, and bridges that are made later are let through, too.
    await shell('nft delete table inet fw; nft add table inet fw');
    await shell("nft add chain inet fw f '{ type filter hook forward priority 5; policy drop; }'");
    await until(() => isReached(1));
    await daemon.createNetwork('later');
    assert.match(await shell('nft list table inet fw'), /oifname "br-[0-9a-f]{12}" counter/);
    // Our own rules hold.
    const { stdout: address } = await daemon.slipway(
      'inspect',
      '-f',
      '{{.NetworkSettings.IPAddress}}',
      'web',
    );
    await shell(`nsenter -n -t $(cat $0) ip route add default via 10.9.9.1`);
    assert.equal(await shell(`nsenter -n -t $(cat $0) curl -s --max-time 1 ${address.trim()}`), '');

    await restart();
    assert.equal(await isReached(), false);
    assert.equal(await shell('iptables -S FORWARD'), '-P FORWARD DROP\n');
  });
});
