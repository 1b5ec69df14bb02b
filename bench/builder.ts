/**
 * `npm run bench -- builder`: how long builds take over BuildKit's API, here and at a dockerd in the same run, without
 * what a client takes to start. Prints a table for bench/RESULTS.md. BENCH_ONLY may
 * be a part of the name of the only thing to do.
 */
import { randomUUID } from 'node:crypto';
import { clientBuild, type ClientExporter, type ClientFiles } from '../test/fixtures/buildkit-client.ts';
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

const NODE_PROJECT = 'FROM busybox\nWORKDIR /app\nCOPY . .\nRUN test -e src/index.js\n';
/** As much as a project has with its node_modules: 20,000 files in 2,000 directories. */
const NODE_FILES: ClientFiles = {
  'src/': '',
  'src/index.js': '',
  'node_modules/': '',
  ...Object.fromEntries(
    Array.from({ length: 2000 }, (_, index): [string, string][] => [
      [`node_modules/package-${index}/`, ''],
      ...Array.from({ length: 10 }, (__, file): [string, string] => [
        `node_modules/package-${index}/file-${file}.js`,
        `module.exports = ${index * file};\n`.repeat(40),
      ]),
    ]).flat(),
  ),
};
const LARGE_LAYER =
  'FROM busybox\nRUN dd if=/dev/urandom of=/noise bs=1M count=50 2>/dev/null && for i in 0 1 2 3 4 5 6 7 8 9; do cat /noise; done > /large\n';

type Case = {
  what: string;
  Dockerfile: string;
  /** Each build has an argument that no other has. */
  isNew?: boolean;
  count: number;
  perStep?: number;
  /** What the client has, in the build of that number. */
  contextFor?: (number: number) => ClientFiles;
  exporter?: ClientExporter;
};

const CASES: Case[] = [
  { what: 'a rebuild of 20 steps without a change', Dockerfile: TWENTY_STEPS, count: 15 },
  {
    what: 'a line changed among 20,000 files',
    Dockerfile: NODE_PROJECT,
    count: 3,
    contextFor: number => ({ ...NODE_FILES, 'src/index.js': 'x'.repeat(number + 1) }),
  },
  { what: '50 steps `RUN true`, each', Dockerfile: FIFTY_RUNS, isNew: true, count: 3, perStep: 50 },
  { what: '8 independent stages and their files', Dockerfile: EIGHT_STAGES, isNew: true, count: 5 },
  {
    what: 'a layer of 500 MB as an OCI archive, not compressed',
    Dockerfile: LARGE_LAYER,
    count: 2,
    exporter: { type: 'oci', attributes: { compression: 'uncompressed', 'force-compression': 'true' } },
  },
];

const INTO_STORE: ClientExporter = { type: 'moby', attributes: { name: 'docker.io/library/bench:latest' } };

async function buildTime({ host }: Engine, each: Case): Promise<number> {
  const { Dockerfile, isNew = false, count, perStep = 1, contextFor = () => CONTEXT } = each;
  const { exporter = INTO_STORE } = each;
  const socketPath = host.replace('unix://', '');
  let number = 0;
  const build = () =>
    clientBuild(socketPath, {
      directories: { dockerfile: { Dockerfile }, context: contextFor(number++) },
      options: isNew ? { 'build-arg:NONCE': randomUUID() } : {},
      exporter,
    });
  return median(await timed(build, count, 1)) / perStep;
}

const wanted = process.env.BENCH_ONLY ?? '';

await withEngines(async engines => {
  for (const each of CASES.filter(({ what }) => what.includes(wanted))) {
    const values: number[] = [];
    for (const engine of engines) values.push(await buildTime(engine, each));
    console.log(formatRow(each.what, 'ms', values));
  }
});
