import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  BURST_POLICIES,
  type BurstPolicy,
  DEFAULT_BURST,
  DEFAULT_SHARE_POOL_THRESHOLD,
} from '../../governor/burst/burst-settings.ts';
import { drawSimulation } from '../../governor/burst/draw-simulation.ts';
import { parseTrace } from '../../governor/burst/parse-trace.ts';
import { simulateBurst } from '../../governor/burst/simulate-burst.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { custom, integer, string } from '../flags/flag.ts';
import { parseCpus } from '../values/cpus.ts';

const NANO = 1e9;

const FLAGS = {
  'cfs-quota-burst-percent': integer(
    '',
    'How high the quota may be raised, in percent of the limit',
    DEFAULT_BURST.cfsQuotaBurstPercent,
  ),
  'cfs-quota-burst-period': integer(
    '',
    'Seconds for which all of it may be used (-1: no limit)',
    DEFAULT_BURST.cfsQuotaBurstPeriodSeconds,
  ),
  cores: integer('', "The machine's CPUs", 4),
  'cpu-burst-percent': integer(
    '',
    'What may be saved up, in percent of the limit',
    DEFAULT_BURST.cpuBurstPercent,
  ),
  'cpu-burst-policy': custom<BurstPolicy>({
    short: '',
    usage: `Policy (${BURST_POLICIES.join(', ')})`,
    kind: 'string',
    initial: 'auto',
    set: parsePolicy,
    defaultText: '"auto"',
  }),
  cpus: custom({
    short: '',
    usage: 'CPU limit of the container',
    kind: 'decimal',
    initial: NANO,
    set: parseCpus,
    defaultText: '1',
  }),
  output: string('o', 'Write the drawing to a file, instead of STDOUT'),
  'share-pool-threshold': integer(
    '',
    "Percent of the machine's CPUs from which on it counts as overloaded",
    DEFAULT_SHARE_POOL_THRESHOLD,
  ),
};

export const command = defineCommand({
  usage: '[OPTIONS] TRACE|-',
  summary: 'Draw what CPU burst makes of a trace',
  description:
    "Run the governor's control law on a recorded or made-up load, and draw quota, usage and the machine's state over " +
    'time as an SVG. Nothing is changed on this machine.\n\n' +
    'TRACE has a line for each second: the cores that the container could use, and, after a comma, those that the rest ' +
    'of the machine uses.',
  flags: FLAGS,
  arguments: { min: 1, max: 1 },
  run: simulate,
});

async function simulate(
  context: CommandContext,
  { values, args: [path = ''] }: CommandCall<typeof FLAGS>,
): Promise<void> {
  const trace = parseTrace(path === '-' ? await text(context.stdin) : await readFile(path, 'utf8'));
  const policy = values['cpu-burst-policy'];
  const limitCores = values.cpus / NANO;
  const seconds = simulateBurst(trace, {
    settings: {
      policy,
      cpuBurstPercent: values['cpu-burst-percent'],
      cfsQuotaBurstPercent: values['cfs-quota-burst-percent'],
      cfsQuotaBurstPeriodSeconds: values['cfs-quota-burst-period'],
    },
    limitCores,
    cores: values.cores,
    sharePoolThreshold: values['share-pool-threshold'],
  });
  const svg = drawSimulation(seconds, `policy ${policy}, limit ${limitCores} of ${values.cores} CPUs`);
  if (values.output === '') context.stdout.write(svg);
  else await writeFile(values.output, svg);
}

/** @throws Error that names the policies */
function parsePolicy(text: string): BurstPolicy {
  const policy = BURST_POLICIES.find(known => known === text);
  if (policy === undefined) throw new Error(`must be one of ${BURST_POLICIES.join(', ')}`);
  return policy;
}
