import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testHost } from '../../../test/fixtures/test-host.ts';
import { runCli } from '../run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'simulate-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const trace = join(directory, 'trace.csv');
writeFileSync(trace, '2\n'.repeat(10));

async function simulate(...args: string[]) {
  const host = testHost();
  const code = await runCli(['governor', 'simulate', ...args], host);
  return { code, output: host.stdout.text, error: host.stderr.text };
}

test('a trace is drawn, to standard output or a file', async () => {
  const { code, output } = await simulate(trace);
  assert.equal(code, 0);
  assert.match(output, /^<svg .*policy auto, limit 1 of 4 CPUs/s);
  const file = join(directory, 'out.svg');
  assert.equal((await simulate('--cpus', '2', '-o', file, trace)).code, 0);
  assert.match(readFileSync(file, 'utf8'), /limit 2 of 4 CPUs/);
});

test('a policy that is not known, a bad trace and a container without a limit are refused', async () => {
  assert.match(
    (await simulate('--cpu-burst-policy', 'all', trace)).error,
    /must be one of none, cpuBurstOnly, cfsQuotaBurstOnly, auto/,
  );
  const bad = join(directory, 'bad.csv');
  writeFileSync(bad, 'many\n');
  assert.match((await simulate(bad)).error, /line 1 of the trace is not DEMAND/);
  assert.match((await simulate('--cpus', '0', trace)).error, /has nothing to burst/);
});
