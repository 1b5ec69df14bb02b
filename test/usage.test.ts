/** What containers use, as the API and Prometheus get to know it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SlipwayStats } from '../src/api/stats.ts';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

type Stats = {
  read: string;
  cpu_stats: {
    cpu_usage: { total_usage: number; usage_in_usermode: number; usage_in_kernelmode: number };
    throttling_data: { throttled_periods: number };
    online_cpus: number;
  };
  precpu_stats: Stats['cpu_stats'];
  preread: string;
  pids_stats: { current: number };
  slipway: SlipwayStats;
};

describe('usage', () => {
  let daemon: DaemonProcess;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
  });

  after(async () => {
    await daemon.dispose();
  });

  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await daemon.slipway('run', '-d', ...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  const statsOf = async (id: string, query = 'stream=false') =>
    (await daemon.api('GET', `/containers/${id}/stats?${query}`)) as Stats;

  test('the CPU percentage is what two readings of the counter and of the clock give', async () => {
    const id = await run('--cpus', '0.25', 'busybox', 'sh', '-c', 'while :; do :; done');
    const stats = await statsOf(id);
    const used = stats.cpu_stats.cpu_usage.total_usage - stats.precpu_stats.cpu_usage.total_usage;
    const passedMs = Date.parse(stats.read) - Date.parse(stats.preread);
    const percent = (used / 1e6 / passedMs) * 100;
    assert.ok(stats.slipway.cpu_percent !== null);
    // The clocks of the two are read a moment apart, which is long on a busy machine.
    assert.ok(Math.abs(stats.slipway.cpu_percent - percent) < 2, `${stats.slipway.cpu_percent} ${percent}`);
    assert.ok(stats.slipway.cpu_percent < 27, String(stats.slipway.cpu_percent));
    const { usage_in_usermode, usage_in_kernelmode, total_usage } = stats.cpu_stats.cpu_usage;
    assert.ok(Math.abs(usage_in_usermode + usage_in_kernelmode - total_usage) <= total_usage * 0.05);
    assert.equal((await statsOf(id, 'stream=false&one-shot=true')).slipway.cpu_percent, null);
    await daemon.slipway('rm', '-f', id);
  });

  test('processes, open files, pressure and OOM kills are told', async () => {
    const id = await run(
      'busybox',
      'sh',
      '-c',
      'exec 5</etc/passwd 6</etc/group; sleep 1000 & exec sleep 1000',
    );
    const read = async () => (await statsOf(id, 'stream=false&one-shot=true')).slipway;
    await until(async () => (await read()).open_files === 10);
    const slipway = await read();
    assert.equal(slipway.processes, 2);
    // Three streams each, and the two files, which the second has inherited.
    assert.equal(slipway.open_files, 10);
    assert.equal(slipway.oom_kills, 0);
    assert.deepEqual(slipway.cpu_burst, { periods: 0, time: 0 });
    for (const kind of Object.values(slipway.pressure)) assert.equal(typeof kind.some.avg10, 'number');
    await daemon.slipway('rm', '-f', id);
  });

  test("Prometheus gets all of it under cAdvisor's names", async () => {
    const id = await run('--name', 'measured', '--label', 'a.b=c"d', '-m', '64m', 'busybox', 'sleep', '1000');
    const metrics = await daemon.text('GET', '/slipway/metrics');
    const labels = `{container_label_a_b="c\\"d",id="/docker/${id}",image="busybox",name="measured"`;
    assert.ok(metrics.includes(`container_spec_memory_limit_bytes${labels}} ${64 << 20}\n`), metrics);
    assert.ok(metrics.includes(`container_processes${labels}} 1\n`));
    assert.ok(metrics.includes(`container_network_receive_bytes_total${labels},interface="eth0"} `));
    for (const name of ['file_descriptors_limit', 'file_descriptors_refused_total', 'sysctl_reports_total'])
      assert.ok(metrics.includes(`slipway_container_${name}${labels}} 0\n`), metrics);
    assert.match(metrics, /\ncontainer_cpu_usage_seconds_total\{[^}]*cpu="/);
    assert.match(metrics, /\nengine_daemon_container_states_containers\{state="running"\} \d+\n/);
    for (const line of metrics.trimEnd().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) \w+ .*|\w+(\{.*\})? (-?[\d.e+-]+|\+Inf))$/);
    await daemon.slipway('rm', '-f', id);
  });

  test('a container is shown in every hierarchy, and in the tree', async () => {
    const id = await run('--name', 'placed', '--pids-limit', '77', 'busybox', 'sleep', '1000');
    const out = async (...args: string[]) => {
      const { code, stdout, stderr } = await daemon.slipway('cgroup', ...args);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    assert.match(
      await out('ls'),
      /^VERSION +CONTROLLERS +MOUNTED AT\n(v[12] .*\n)+\nLayout (v1|hybrid|v2): /,
    );
    assert.match(await out('tree'), new RegExp(`─ ${id.slice(0, 12)}  placed \\(1 process\\)`));
    const shown = await out('show', 'placed');
    assert.match(shown, /^placed \(.{12}\)\n/);
    assert.match(shown, /\n {4}pids\.max +77\n/);
    assert.match(shown, /\n {4}\d+ sleep\n/);
    await daemon.slipway('rm', '-f', id);
    assert.notEqual((await daemon.slipway('cgroup', 'show', 'placed')).code, 0);
  });

  test('where the CPU time of the machine goes is shown beside the containers', async () => {
    const { code, stdout, stderr } = await daemon.slipway('system', 'top');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^CPU +\d+ online; containers \d+\.\d%, idle \d+\.\d%\n/);
    assert.match(stdout, /\nSoftirqs +\w+ \d+\/s, /);
    assert.match(stdout, /\nDisk +\S+ of \S+ free at \//);
    const info = await daemon.slipwayOut('info');
    assert.match(info, /\n  CPU +\d+ online; containers [^]*\n  Softirqs +\w+ \d+\/s, /);
    assert.match(await daemon.dockerOut('info'), /\n  Data Space Available: \d+\.\d+GB\n/);
  });
});
