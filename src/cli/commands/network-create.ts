import { defineCommand } from '../command.ts';
import { ipamConfig } from '../container/ipam-config.ts';
import { readLabels } from '../container/variable-files.ts';
import { bool, list, map, string } from '../flags/flag.ts';
import { strings } from '../flags/strings-flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] NETWORK',
  summary: 'Create a network',
  flags: {
    attachable: bool('', 'Enable manual container attachment'),
    'aux-address': map('', 'Auxiliary IPv4 or IPv6 addresses used by Network driver'),
    'config-from': string('', 'The network from which to copy the configuration'),
    'config-only': bool('', 'Create a configuration only network'),
    driver: string('d', 'Driver to manage the Network', 'bridge'),
    gateway: strings('IPv4 or IPv6 Gateway for the master subnet'),
    ingress: bool('', 'Create swarm routing-mesh network'),
    internal: bool('', 'Restrict external access to the network'),
    'ip-range': strings('Allocate container ip from a sub-range'),
    'ipam-driver': string('', 'IP Address Management Driver', 'default'),
    'ipam-opt': map('', 'Set IPAM driver specific options'),
    ipv4: bool('', 'Enable or disable IPv4 address assignment', true),
    ipv6: bool('', 'Enable or disable IPv6 address assignment'),
    label: list('', 'Set metadata on a network'),
    opt: map('o', 'Set driver specific options'),
    scope: string('', "Control the network's scope"),
    subnet: strings('Subnet in CIDR format that represents a network segment'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, changed, args: [name = ''] }) {
    const body = {
      Name: name,
      Driver: values.driver,
      Options: values.opt,
      IPAM: { Driver: values['ipam-driver'], Options: values['ipam-opt'], Config: ipamConfig(values) },
      Internal: values.internal,
      Attachable: values.attachable,
      Ingress: values.ingress,
      Scope: values.scope,
      ConfigOnly: values['config-only'],
      ConfigFrom: values['config-from'] === '' ? null : { Network: values['config-from'] },
      Labels: readLabels([], values.label),
      EnableIPv4: changed.has('ipv4') ? values.ipv4 : undefined,
      EnableIPv6: changed.has('ipv6') ? values.ipv6 : undefined,
    };
    const client = await context.client();
    const { Id } = await client.post<{ Id: string }>('/networks/create', { body });
    context.stdout.write(`${Id}\n`);
  },
});
