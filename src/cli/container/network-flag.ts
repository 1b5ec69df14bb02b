import type { ContainerCreateRequest, EndpointSettings } from '../../api/types.ts';
import { type Flag, splitPair } from '../flags/flag.ts';
import { parseCsvLine } from '../values/csv.ts';
import { parseInteger } from '../values/go-numbers.ts';

/** One `--network`: a name, and what its long form says about the endpoint. */
export type NetworkAttachment = {
  target: string;
  aliases: string[];
  links: string[];
  ip: string;
  ip6: string;
  linkLocalIps: string[];
  macAddress: string;
  driverOptions: Record<string, string>;
  gatewayPriority: number;
};

export function networkFlag(usage: string): Flag<NetworkAttachment[]> {
  const set = (text: string, before: NetworkAttachment[]) => [...before, parseNetwork(text)];
  return { short: '', usage, kind: 'network', initial: [], set };
}

/** The flags that describe the first network's endpoint, for want of a long form. */
export type FirstEndpoint = {
  aliases: string[];
  links: string[];
  ip: string;
  ip6: string;
  linkLocalIps: string[];
  macAddress: string;
};

/** @throws Error with Docker's wording, for what cannot go together */
export function networkingConfig(
  networks: readonly NetworkAttachment[],
  first: FirstEndpoint,
): ContainerCreateRequest['NetworkingConfig'] {
  const attachments = networks.length === 0 ? [plainNetwork('default')] : networks;
  const endpoints = new Map<string, EndpointSettings>();
  for (const [index, attachment] of attachments.entries()) {
    const merged = index === 0 ? mergeFirst(attachment, first) : attachment;
    checkAttachment(merged);
    if (endpoints.has(merged.target))
      throw new Error(`network ${JSON.stringify(merged.target)} is specified multiple times`);
    endpoints.set(merged.target, endpointSettings(merged));
  }
  const userDefined = attachments.filter(attachment => isUserDefined(attachment.target));
  if (userDefined.length > 0 && userDefined.length < attachments.length)
    throw new Error(
      'conflicting options: cannot attach both user-defined and non-user-defined network-modes',
    );
  return { EndpointsConfig: Object.fromEntries(endpoints) };
}

function isUserDefined(target: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(target) && !target.startsWith('container:');
}

function plainNetwork(target: string): NetworkAttachment {
  return {
    target,
    aliases: [],
    links: [],
    ip: '',
    ip6: '',
    linkLocalIps: [],
    macAddress: '',
    driverOptions: {},
    gatewayPriority: 0,
  };
}

function parseNetwork(text: string): NetworkAttachment {
  if (!/\w+=\w+(,\w+=\w+)*/.test(text)) return plainNetwork(text);
  const network = plainNetwork('');
  for (const field of parseCsvLine(text)) applyField(network, field);
  if (network.target === '') throw new Error('network name/id is not specified');
  return network;
}

function applyField(network: NetworkAttachment, field: string): void {
  const [key, value] = splitPair(field.toLowerCase()).map(part => part.trim());
  if (!field.includes('=') || key === undefined || key === '') throw new Error(`invalid field ${field}`);
  const text = value ?? '';
  if (key === 'name') network.target = text;
  else if (key === 'alias') network.aliases.push(text);
  else if (key === 'ip') network.ip = text;
  else if (key === 'ip6') network.ip6 = text;
  else if (key === 'mac-address') network.macAddress = checkMac(text);
  else if (key === 'link-local-ip') network.linkLocalIps.push(text);
  else if (key === 'gw-priority') network.gatewayPriority = parsePriority(text);
  else if (key === 'driver-opt') addDriverOption(network, text);
  else throw new Error(`invalid field key ${key}`);
}

function addDriverOption(network: NetworkAttachment, text: string): void {
  const [key, value] = splitPair(text);
  if (!text.includes('=') || key === '') throw new Error('invalid key value pair format in driver options');
  network.driverOptions = { ...network.driverOptions, [key.trim()]: value.trim() };
}

function parsePriority(text: string): number {
  try {
    return parseInteger(text, { base: 10 });
  } catch {
    throw new Error(`invalid gw-priority: ${text}`);
  }
}

/** @throws Error with Docker's wording */
export function checkMac(text: string): string {
  const address = text.trim();
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i.test(address))
    throw new Error(`${text} is not a valid mac address`);
  return address;
}

function mergeFirst(network: NetworkAttachment, first: FirstEndpoint): NetworkAttachment {
  const conflict = (what: string) => new Error(`conflicting options: cannot specify both ${what}`);
  if (network.aliases.length > 0 && first.aliases.length > 0)
    throw conflict('--network-alias and per-network alias');
  if (network.ip !== '' && first.ip !== '') throw conflict('--ip and per-network IPv4 address');
  if (network.ip6 !== '' && first.ip6 !== '') throw conflict('--ip6 and per-network IPv6 address');
  if (network.macAddress !== '' && first.macAddress !== '')
    throw conflict('--mac-address and per-network MAC address');
  if (network.linkLocalIps.length > 0 && first.linkLocalIps.length > 0)
    throw conflict('--link-local-ip and per-network link-local IP addresses');
  return {
    ...network,
    aliases: [...network.aliases, ...first.aliases],
    links: isUserDefined(network.target) ? first.links : [],
    ip: network.ip || first.ip,
    ip6: network.ip6 || first.ip6,
    linkLocalIps: [...network.linkLocalIps, ...first.linkLocalIps],
    macAddress: network.macAddress || first.macAddress,
  };
}

function checkAttachment(network: NetworkAttachment): void {
  if (network.target.trim() === '') throw new Error('no name set for network');
  if (isUserDefined(network.target)) return;
  if (network.aliases.length > 0)
    throw new Error('network-scoped aliases are only supported for user-defined networks');
}

function endpointSettings(network: NetworkAttachment): EndpointSettings {
  const addressed = network.ip !== '' || network.ip6 !== '' || network.linkLocalIps.length > 0;
  return {
    IPAMConfig: addressed
      ? {
          IPv4Address: network.ip || undefined,
          IPv6Address: network.ip6 || undefined,
          LinkLocalIPs: network.linkLocalIps,
        }
      : null,
    Links: network.links.length > 0 ? network.links : null,
    Aliases: network.aliases.length > 0 ? network.aliases : null,
    MacAddress: network.macAddress,
    DriverOpts: Object.keys(network.driverOptions).length > 0 ? network.driverOptions : null,
    GwPriority: network.gatewayPriority,
  };
}
