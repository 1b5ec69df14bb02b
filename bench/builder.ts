/**
 * `npm run bench -- builder`: how long builds take over BuildKit's API, here and at a dockerd in the same run, without
 * what a client takes to start. Prints a table for bench/RESULTS.md.
 */
import { randomUUID } from 'node:crypto';
import { clientBuild } from '../test/fixtures/buildkit-client.ts';
import { type Engine, withEngines } from './engines.ts';
import { formatRow } from './format-row.ts';
import { median, timed } from './statistics.ts';

const TWENTY_STEPS = [
  'FROM busybox',
  ...Array.from({ length: 10 }, (_, index) => `RUN echo ${index} > /file-${index}`),
  ...Array.from({ length: 9 }, (_, index) => `COPY context-${index} /copied-${index}`),
].join('\n');
const CONTEXT = Object.fromEntries(
  Array.from({ length: 9 }, (_, index) => [`context-${index}`, `content ${index}`]),
);
const FIFTY_RUNS = `FROM busybox\nARG NONCE\n${'RUN true\n'.repeat(50)}`;
const EIGHT_STAGES = [
  ...Array.from(
    { length: 8 },
    (_, index) => `FROM busybox AS s${index}\nARG NONCE\nRUN head -c 4000000 /dev/zero | sha256sum > /sum`,
  ),
  'FROM busybox',
  ...Array.from({ length: 8 }, (_, index) => `COPY --from=s${index} /sum /sum-${index}`),
].join('\n');

type Case = { what: string; Dockerfile: string; isNew: boolean; count: number; perStep?: number };

const CASES: Case[] = [
  { what: 'a rebuild of 20 steps without a change', Dockerfile: TWENTY_STEPS, isNew: false, count: 15 },
  { what: '50 steps `RUN true`, each', Dockerfile: FIFTY_RUNS, isNew: true, count: 3, perStep: 50 },
  { what: '8 independent stages and their files', Dockerfile: EIGHT_STAGES, isNew: true, count: 5 },
];

async function buildTime({ host }: Engine, { Dockerfile, isNew, count, perStep = 1 }: Case): Promise<number> {
  const socketPath = host.replace('unix://', '');
  const build = () =>
    clientBuild(socketPath, {
      directories: { dockerfile: { Dockerfile }, context: CONTEXT },
      options: isNew ? { 'build-arg:NONCE': randomUUID() } : {},
      exporter: { type: 'moby', attributes: { name: 'docker.io/library/bench:latest' } },
    });
  return median(await timed(build, count, 1)) / perStep;
}

await withEngines(async engines => {
  for (const each of CASES) {
    const values: number[] = [];
    for (const engine of engines) values.push(await buildTime(engine, each));
    console.log(formatRow(each.what, 'ms', values));
  }
});
