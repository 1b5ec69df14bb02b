import type { ContainerInspect } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { compareNaturally } from '../format/compare-naturally.ts';
import { hostAndPort } from '../format/display-ports.ts';

export const command = defineCommand({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  summary: 'List port mappings or a specific mapping for the container',
  description:
    'List port mappings or a specific mapping for the container.\n\n' +
    '`port add CONTAINER PORT...` and `port rm CONTAINER PORT...` change what a container publishes, also while it runs.',
  aliases: ['container port', 'port'],
  flags: {},
  arguments: { min: 1, max: 2 },
  async run(context, { args: [name = '', asked] }) {
    const client = await context.client();
    const { NetworkSettings } = await client.get<ContainerInspect>(`/containers/${name}/json`);
    const ports = NetworkSettings.Ports ?? {};
    if (asked !== undefined) return void context.stdout.write(onePort(name, asked, ports));
    const lines = Object.entries(ports).flatMap(([port, bindings]) =>
      (bindings ?? []).map(binding => `${port} -> ${addressOf(binding)}\n`),
    );
    context.stdout.write(lines.sort(compareNaturally).join(''));
  },
});

function onePort(name: string, asked: string, ports: ContainerInspect['NetworkSettings']['Ports']): string {
  const [port = '', protocol = 'tcp'] = asked.split('/');
  const bindings = ports[`${port}/${protocol}`];
  if (!bindings || bindings.length === 0)
    throw new Error(`Error: No public port '${asked}' published for ${name}`);
  return bindings
    .map(binding => `${addressOf(binding)}\n`)
    .sort(compareNaturally)
    .join('');
}

function addressOf(binding: { HostIp?: string; HostPort?: string }): string {
  return hostAndPort(binding.HostIp ?? '', binding.HostPort ?? '');
}
