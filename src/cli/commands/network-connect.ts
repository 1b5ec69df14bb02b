import type { EndpointSettings } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { integer, list, splitPair, string } from '../flags/flag.ts';
import { strings } from '../flags/strings-flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NETWORK CONTAINER',
  summary: 'Connect a container to a network',
  flags: {
    alias: strings('Add network-scoped alias for the container'),
    'driver-opt': strings('driver options for the network'),
    'gw-priority': integer(
      '',
      'Highest gw-priority provides the default gateway. Accepts positive and negative values.',
    ),
    ip: string('', 'IPv4 address (e.g., "172.30.100.104")'),
    ip6: string('', 'IPv6 address (e.g., "2001:db8::33")'),
    link: list('', 'Add link to another container'),
    'link-local-ip': strings('Add a link-local address for the container'),
  },
  arguments: { min: 2, max: 2 },
  async run(context, { values, args: [network = '', container = ''] }) {
    const endpoint: EndpointSettings = {
      IPAMConfig: {
        IPv4Address: values.ip || undefined,
        IPv6Address: values.ip6 || undefined,
        LinkLocalIPs: values['link-local-ip'].length > 0 ? values['link-local-ip'] : undefined,
      },
      Links: values.link.length > 0 ? values.link : null,
      Aliases: values.alias.length > 0 ? values.alias : null,
      DriverOpts: driverOptions(values['driver-opt']),
      GwPriority: values['gw-priority'],
    };
    const client = await context.client();
    const body = { Container: container, EndpointConfig: endpoint };
    await client.post(`/networks/${network}/connect`, { body });
  },
});

/** @throws Error with Docker's wording */
function driverOptions(options: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    options.map(option => {
      const [key, value] = splitPair(option);
      if (!option.includes('=') || key === '')
        throw new Error('invalid key/value pair format in driver options');
      return [key, value];
    }),
  );
}
