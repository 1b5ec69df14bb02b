/**
 * `npm run bench -- sampling [COUNT]`: what one reading of all counters of that many cgroups takes, each with a process in it, and a tick
 * of the governor's, as CPU time of this thread. Needs root; the cgroups are its own, and go with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Cgroup } from '../src/cgroups/cgroup.ts';
import { cgroupPaths } from '../src/cgroups/cgroup-paths.ts';
import { CgroupSampler } from '../src/cgroups/cgroup-sampler.ts';
import { countOpenFiles } from '../src/cgroups/count-open-files.ts';
import { HeldFiles } from '../src/cgroups/held-files.ts';
import { detectCgroupLayout } from '../src/cgroups/layout.ts';
import { DEFAULT_BURST, PERIOD_US } from '../src/governor/burst/burst-settings.ts';
import { Governor } from '../src/governor/governor.ts';
import { median } from './statistics.ts';

const COUNT = Number(process.argv[2] ?? 500);
const ROUNDS = 20;
const parent = `slipway-bench-${process.pid}`;

type Sampled = { cgroup: Cgroup; files: HeldFiles; sampler: CgroupSampler; child: ChildProcess };

function make(index: number): Sampled {
  const cgroup = new Cgroup(cgroupPaths(detectCgroupLayout(), `/${parent}/${index}`));
  const { unified, v1 } = cgroup.paths;
  const directories = [...new Set([...Object.values(v1), ...(unified === undefined ? [] : [unified])])];
  const child = spawn('sleep', ['100000'], { stdio: 'ignore' });
  for (const directory of directories) {
    mkdirSync(directory, { recursive: true });
    if (directory.includes('/cpuset')) continue;
    writeFileSync(`${directory}/cgroup.procs`, String(child.pid));
  }
  const files = new HeldFiles();
  return { cgroup, files, sampler: new CgroupSampler(cgroup.paths, files), child };
}

async function sample({ cgroup, files, sampler }: Sampled): Promise<void> {
  sampler.sample();
  await countOpenFiles(cgroup.pidsBy(files.read));
}

/** Prints what a round takes of this thread's CPU time. */
async function measure(what: string, round: () => Promise<void> | void): Promise<void> {
  const rounds: { user: number; system: number }[] = [];
  for (let index = 0; index < ROUNDS; index++) {
    const before = process.threadCpuUsage();
    await round();
    rounds.push(process.threadCpuUsage(before));
  }
  // The first one opens the files.
  const later = rounds.slice(1);
  const milliseconds = (value: (round: { user: number; system: number }) => number) =>
    (median(later.map(value)) / 1000).toFixed(1);
  console.log(
    `${what}: ${milliseconds(({ user, system }) => user + system)} ms a round,`,
    `${milliseconds(({ user }) => user)} user, ${milliseconds(({ system }) => system)} system`,
  );
}

const sampled = Array.from({ length: COUNT }, (_, index) => make(index));
const governor = new Governor({
  file: `/tmp/${parent}.json`,
  sharePoolThreshold: 100_000,
  warn: (fields, message) => console.error(message, fields),
});
try {
  await measure(`${COUNT} cgroups in which something runs`, async () => {
    for (const one of sampled) {
      one.sampler.forget();
      await sample(one);
    }
  });
  await measure(`${COUNT} cgroups in which nothing has run (four readings in five)`, async () => {
    for (const one of sampled) await sample(one);
  });
  for (const { cgroup } of sampled) {
    const baseUs = 50_000;
    cgroup.update({ cpu: { quota: baseUs, period: PERIOD_US } });
    governor.govern({
      id: String(cgroup.paths.unified ?? cgroup.paths.v1.cpu),
      paths: cgroup.paths,
      baseUs,
      periodUs: PERIOD_US,
      burstUs: 0,
      settings: { ...DEFAULT_BURST, policy: 'auto' },
      qos: 'none',
      pinnedCores: 0,
      whenAlone: async () => undefined,
    });
  }
  await measure(`the governor's tick for ${COUNT} containers`, () => governor.tick());
} finally {
  governor.close();
  for (const { cgroup, files, child } of sampled) {
    files.close();
    child.kill('SIGKILL');
    await cgroup.destroy();
  }
  new Cgroup(cgroupPaths(detectCgroupLayout(), `/${parent}`)).remove();
}
