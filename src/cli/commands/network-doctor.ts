import type { NetworkProblem, NetworkTrace } from '../../api/types.ts';
import type { EngineClient } from '../../client/engine-client.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { string } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[CONTAINER | PORT[/PROTO]]',
  summary: 'Tell what on the host keeps networks from working',
  description:
    'Look at what networks need of the host: forwarding, the engine’s firewall rules and those of others, bridges and ' +
    'parent interfaces. Nothing is changed; what can be done is told.\n\n' +
    'With a container, or a port of the host’s (8080, 53/udp), send a packet to each port that is published, from this ' +
    'host and as another host would, and tell which rules of which firewall accept, translate or drop it. The receiver ' +
    'gets a connection that ends at once, or an empty datagram.\n\n' +
    'Exit status: 0 when all is well, 1 when something is not.',
  flags: {
    from: string('', 'Address of another host, as which packets are sent'),
    to: string('', 'ADDRESS:PORT that the container is to send to, instead of being sent to'),
  },
  arguments: { min: 0, max: 1 },
  async run(context, { args: [of], values: { from, to } }) {
    const client = await context.client();
    const write = (line: string): void => void context.stdout.write(`${line}\n`);
    if (of === undefined) {
      if (from !== '' || to !== '') throw new Error('--from and --to need a container, or a port');
      return reportProblems(await problemsOf(client), write);
    }
    const traces = await client.post<NetworkTrace[]>('/slipway/networks/trace', { query: { of, from, to } });
    for (const trace of traces) for (const line of describe(trace)) write(line);
    if (traces.every(({ Arrives }) => Arrives)) return;
    for (const { Problem, Remedy } of await problemsOf(client)) write(`${Problem}\n  remedy: ${Remedy}`);
    throw new ExitError(1);
  },
});

function problemsOf(client: EngineClient): Promise<NetworkProblem[]> {
  return client.get<NetworkProblem[]>('/slipway/networks/problems');
}

function reportProblems(problems: readonly NetworkProblem[], write: (line: string) => void): void {
  if (problems.length === 0) return write('no problem found');
  for (const { Problem, Remedy } of problems) write(`${Problem}\n  remedy: ${Remedy}`);
  throw new ExitError(1);
}

function* describe({ Probe, Steps, Outcome }: NetworkTrace): Generator<string> {
  yield Probe;
  for (const { Owner, Chain, Rule, Verdict, Packet } of Steps) {
    if (Packet !== '') yield `  ${Packet}`;
    yield `    ${Owner}: ${Chain}: ${Rule === 'policy' ? `policy ${Verdict}` : `${Rule} (${Verdict})`}`;
  }
  yield `  ${Outcome}`;
}
