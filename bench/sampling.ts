/**
 * `npm run bench -- sampling [COUNT]`: what one reading of all counters of that many cgroups takes, each with a process in it,
 * as CPU time of this thread. Needs root; the cgroups are its own, and go with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Cgroup } from '../src/cgroups/cgroup.ts';
import { cgroupPaths } from '../src/cgroups/cgroup-paths.ts';
import { countOpenFiles } from '../src/cgroups/count-open-files.ts';
import { HeldFiles } from '../src/cgroups/held-files.ts';
import { detectCgroupLayout } from '../src/cgroups/layout.ts';
import { readCgroupStats } from '../src/cgroups/read-stats.ts';
import { median } from './statistics.ts';

const COUNT = Number(process.argv[2] ?? 500);
const ROUNDS = 20;
const parent = `slipway-bench-${process.pid}`;

type Sampled = { cgroup: Cgroup; files: HeldFiles; child: ChildProcess };

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
  return { cgroup, files: new HeldFiles(), child };
}

async function sample({ cgroup, files }: Sampled): Promise<void> {
  readCgroupStats(cgroup.paths, files.read, files.readSettled);
  await countOpenFiles(cgroup.pidsBy(files.read));
}

const sampled = Array.from({ length: COUNT }, (_, index) => make(index));
try {
  const rounds: { user: number; system: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.threadCpuUsage();
    for (const one of sampled) await sample(one);
    rounds.push(process.threadCpuUsage(before));
  }
  // The first one opens the files.
  const later = rounds.slice(1);
  const milliseconds = (value: (round: { user: number; system: number }) => number) =>
    (median(later.map(value)) / 1000).toFixed(1);
  console.log(
    `${COUNT} cgroups: ${milliseconds(({ user, system }) => user + system)} ms a round,`,
    `${milliseconds(({ user }) => user)} user, ${milliseconds(({ system }) => system)} system`,
  );
} finally {
  for (const { cgroup, files, child } of sampled) {
    files.close();
    child.kill('SIGKILL');
    await cgroup.destroy();
  }
  new Cgroup(cgroupPaths(detectCgroupLayout(), `/${parent}`)).remove();
}
