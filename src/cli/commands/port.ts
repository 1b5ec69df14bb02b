import type { ContainerInspect } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { hostAndPort } from '../format/display-ports.ts';

export const command = defineCommand({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  summary: 'List port mappings or a specific mapping for the container',
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
    context.stdout.write(lines.sort(naturally).join(''));
  },
});

function onePort(name: string, asked: string, ports: ContainerInspect['NetworkSettings']['Ports']): string {
  const [port = '', protocol = 'tcp'] = asked.split('/');
  const bindings = ports[`${port}/${protocol}`];
  if (!bindings || bindings.length === 0)
    throw new Error(`no public port '${port}/${protocol}' published for ${name}`);
  return bindings
    .map(binding => `${addressOf(binding)}\n`)
    .sort(naturally)
    .join('');
}

function addressOf(binding: { HostIp?: string; HostPort?: string }): string {
  return hostAndPort(binding.HostIp ?? '', binding.HostPort ?? '');
}

/** Numbers by value: 80 before 443. */
function naturally(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
