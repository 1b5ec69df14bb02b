/** BPF programs that keep containers from writing sysctls. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { until } from '../src/base/testing/until.ts';
import type { Task } from '../src/execdriver/driver.ts';
import { SysctlGuard, type SysctlReport } from '../src/governor/sysctl/sysctl-guard.ts';
import { nativeContainers, outputOf } from './fixtures/native-containers.ts';

const containers = nativeContainers();
after(() => containers.close());

/** What a container with all rights gets to say that writes into sysctls of its own namespaces. */
async function guarded(script: string, guard: (directory: string) => void): Promise<string> {
  const container = await create(script);
  guard(container.cgroupPaths.unified!);
  const { output } = await outputOf(container);
  await container.remove();
  return output;
}

function create(script: string): Promise<Task> {
  return containers.create(script, spec => {
    spec.linux = { ...spec.linux, readonlyPaths: [], maskedPaths: [] };
    spec.linux.namespaces = [...(spec.linux.namespaces ?? []), { type: 'network' as const }].filter(
      ({ type }, index, all) => all.findIndex(other => other.type === type) === index,
    );
  });
}

const write = (path: string, value: string) => `echo ${value} > /proc/sys/${path} && echo ${path} written`;
const SCRIPT = `${write('net/core/somaxconn', '77')}; ${write('net/ipv4/ip_default_ttl', '65')}; cat /proc/sys/net/core/somaxconn`;

test('only what is allowed is written; the rest is refused, reported and counted', async () => {
  const guard = new SysctlGuard();
  const reports: SysctlReport[] = [];
  let directory = '';
  const output = await guarded(SCRIPT, at => {
    directory = at;
    guard.guard(at, { mode: 'deny', allowed: ['net.core.*'] }, report => reports.push(report));
    assert.equal(guard.count(at), 0n);
  });
  assert.match(output, /^net\/core\/somaxconn written\n.*Operation not permitted\n77\n$/s);
  guard.deliver();
  assert.deepEqual(
    reports.map(({ pid, ...report }) => ({ ...report, hasPid: pid > 1 })),
    [{ isRefused: true, name: 'net.ipv4.ip_default_ttl', value: '65', hasPid: true }],
  );
  assert.notEqual(directory, '');
  guard.close();
});

test('an exact name allows no other, and nothing is allowed without a list', async () => {
  const guard = new SysctlGuard();
  const output = await guarded(SCRIPT, at =>
    guard.guard(
      at,
      { mode: 'deny', allowed: ['net.core.somax', 'net.ipv4.ip_default_ttl'] },
      () => undefined,
    ),
  );
  assert.match(output, /Operation not permitted\nnet\/ipv4\/ip_default_ttl written/);
  guard.close();
});

test('an audit lets everything through, and reports it', async () => {
  const guard = new SysctlGuard();
  const reports: SysctlReport[] = [];
  const output = await guarded(SCRIPT, at =>
    guard.guard(at, { mode: 'audit', allowed: [] }, report => reports.push(report)),
  );
  assert.match(output, /somaxconn written\nnet\/ipv4\/ip_default_ttl written/);
  guard.deliver();
  assert.deepEqual(
    reports.map(({ name, isRefused }) => [name, isRefused]),
    [
      ['net.core.somaxconn', false],
      ['net.ipv4.ip_default_ttl', false],
    ],
  );
  guard.close();
});

test('the program outlives its maker, and the next one hears of what it has reported', async () => {
  const container = await create(
    `while :; do echo 65 > /proc/sys/net/ipv4/ip_default_ttl; sleep 0.05; done 2>&1`,
  );
  const directory = container.cgroupPaths.unified!;
  const first = new SysctlGuard();
  first.guard(directory, { mode: 'deny', allowed: [] }, () => undefined);
  first.close();
  await container.start();
  const reports: SysctlReport[] = [];
  const second = new SysctlGuard();
  assert.equal(
    second.adopt(directory, report => reports.push(report)),
    true,
  );
  await until(() => {
    second.deliver();
    return reports.length > 0;
  });
  assert.equal(reports[0]?.isRefused, true);
  assert.ok(second.count(directory) > 0n);
  second.guard(directory, { mode: 'audit', allowed: [] }, report => reports.push(report));
  await until(() => {
    second.deliver();
    return reports.at(-1)?.isRefused === false;
  });
  second.lift(directory);
  assert.equal(
    second.adopt(directory, () => undefined),
    false,
  );
  second.close();
  await container.remove();
});
