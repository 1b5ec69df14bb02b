import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupPaths } from './cgroup-paths.ts';
import { CgroupSampler } from './cgroup-sampler.ts';

const PRESSURE = 'some avg10=0.00 avg60=0.00 avg300=0.00 total=';

function sampler(paths: CgroupPaths, counter: string) {
  const files: Record<string, string> = {};
  const seen: string[] = [];
  const read = (path: string) => {
    seen.push(path);
    return files[path];
  };
  const own = new CgroupSampler(paths, { read, readSettled: read });
  let nowMs = 0;
  return {
    files,
    /** As much later; returns how many files were read. */
    after: (ms: number) => {
      seen.length = 0;
      const stats = own.sample((nowMs += ms));
      return { stats, count: seen.length };
    },
    use: (ns: number) => {
      files[counter] = counter.endsWith('cpu.stat') ? `usage_usec ${ns / 1000}\n` : `${ns}\n`;
    },
    forget: () => own.forget(),
  };
}

const LAYOUTS: [string, CgroupPaths, string][] = [
  ['v2', { mode: 'v2', v1: {}, unified: '/u', unifiedControllers: [] }, '/u/cpu.stat'],
  [
    'hybrid',
    {
      mode: 'hybrid',
      v1: { cpuacct: '/a', memory: '/m', pids: '/p' },
      unified: '/u',
      unifiedControllers: [],
    },
    '/a/cpuacct.usage',
  ],
];

for (const [layout, paths, counter] of LAYOUTS)
  test(`what has not run is not read anew but for its pressure, and once in five seconds (${layout})`, () => {
    const own = sampler(paths, counter);
    const pids = `${paths.v1.pids ?? '/u'}/pids.current`;
    own.use(1000);
    own.files[pids] = '1';
    own.files['/u/io.pressure'] = `${PRESSURE}1\n`;
    const whole = own.after(0);
    assert.equal(whole.stats.pids.current, 1);
    own.files[pids] = '2';
    own.files['/u/io.pressure'] = `${PRESSURE}2\n`;
    const idle = own.after(1000);
    assert.equal(idle.count, 4);
    assert.equal(idle.stats.pids.current, 1);
    assert.equal(idle.stats.pressure.io?.some.total, 2);
    assert.equal(own.after(4000).stats.pids.current, 2);
    own.files[pids] = '3';
    own.use(2000);
    assert.equal(own.after(1000).stats.pids.current, 3);
    own.files[pids] = '4';
    assert.equal(own.after(1000).stats.pids.current, 3);
    own.forget();
    assert.equal(own.after(0).stats.pids.current, 4);
  });
