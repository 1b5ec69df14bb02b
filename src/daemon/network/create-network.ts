import { type Complete, withoutNulls } from '../model/complete.ts';
import type { IpamConfig, NetworkCreateRequest } from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { chooseSubnet } from '../../networkdriver/ipam/choose-subnet.ts';
import {
  broadcastAddress,
  type IpVersion,
  overlaps,
  ownAddress,
  parseIp,
  parseSubnet,
} from '../../networkdriver/ipam/ip.ts';
import { currentTime } from '../model/clock.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';
import { conflict, invalid, notFound } from '../model/errors.ts';
import { parseIpamConfig } from './ipam-config.ts';
import { givenPool, newNetwork, type NetworkRecord, type PoolRecord } from '../model/network-record.ts';

const OVERLAP = 'invalid pool request: Pool overlaps with other one on this address space';

/**
 * The record of a network that a request asks for, with subnets chosen where it names none.
 * @param networks those there are
 * @param options.addressPools where subnets are chosen from; Docker's default ones where there are none
 * @param options.networkOptions what networks of a driver have for options that the request leaves out
 * @throws EngineError in Docker's words: invalid-parameter, forbidden, conflict (name), not-found (configuration)
 */
export function describeNewNetwork(
  given: NetworkCreateRequest,
  networks: readonly NetworkRecord[],
  { addressPools, networkOptions }: Pick<DaemonOptions, 'addressPools' | 'networkOptions'>,
): NetworkRecord {
  const request = fillRequest(given);
  const name = checkName(request, networks);
  checkScope(request);
  const wanted = withConfiguration(request, networks);
  const { EnableIPv4: ipv4, EnableIPv6: ipv6, Internal, Attachable, Labels, IPAM } = wanted;
  if (!ipv4 && !ipv6) throw invalid('IPv4 or IPv6 must be enabled');
  const record = newNetwork({
    id: newId(),
    name,
    driver: request.ConfigOnly ? 'null' : request.Driver || 'bridge',
    createdAt: currentTime(),
    enableIPv4: ipv4,
    enableIPv6: ipv6,
    pools: parseIpamConfig(IPAM.Config, { ipv4, ipv6 }),
    ipamDriver: ipamDriver(wanted),
    ipamOptions: IPAM.Options,
    internal: Internal,
    attachable: Attachable,
    options: { ...(request.ConfigOnly ? {} : networkOptions[request.Driver || 'bridge']), ...wanted.Options },
    labels: Labels,
    configOnly: request.ConfigOnly,
    configFrom: request.ConfigFrom.Network,
  });
  if (!record.configOnly) record.pools = completePools(record, networks, addressPools);
  record.pools = [...poolsOf(4, record), ...poolsOf(6, record)];
  return record;
}

/** Docker shows those of IPv4 first, and clients take the first one for the network's. */
function poolsOf(version: IpVersion, { pools }: Pick<NetworkRecord, 'pools'>): PoolRecord[] {
  return pools.filter(({ subnet }) => parseSubnet(subnet).version === version);
}

/** A request with nothing left open. */
type FilledRequest = Complete<
  NetworkCreateRequest,
  {
    /** `inspect` shows null for options that were not given. */
    IPAM: { Driver: string; Options: Record<string, string> | null; Config: IpamConfig[] };
    ConfigFrom: { Network: string };
  }
>;

const NOTHING: FilledRequest = {
  Name: '',
  CheckDuplicate: false,
  Driver: '',
  Scope: '',
  EnableIPv4: true,
  EnableIPv6: false,
  IPAM: { Driver: '', Options: null, Config: [] },
  Internal: false,
  Attachable: false,
  Ingress: false,
  ConfigOnly: false,
  ConfigFrom: { Network: '' },
  Options: {},
  Labels: {},
};

function fillRequest({ IPAM, ConfigFrom, ...wanted }: NetworkCreateRequest): FilledRequest {
  return {
    ...NOTHING,
    ...withoutNulls(wanted),
    IPAM: { ...NOTHING.IPAM, ...withoutNulls({ ...IPAM }) },
    ConfigFrom: { ...NOTHING.ConfigFrom, ...withoutNulls({ ...ConfigFrom }) },
  };
}

function checkName({ Name: name }: FilledRequest, networks: readonly NetworkRecord[]): string {
  if (name.trim() === '') throw invalid('invalid name: name is empty');
  if (['bridge', 'host', 'none', 'default'].includes(name))
    throw forbidden(`operation is not permitted on predefined ${name} network `);
  if (networks.some(network => network.name === name))
    throw conflict(`network with name ${name} already exists`);
  return name;
}

function checkScope({ Driver, Scope, Ingress }: FilledRequest): void {
  if (Ingress) throw forbidden('Ingress network can only be global scope network');
  if (Scope === 'swarm') throw forbidden('cannot create a swarm scoped network when swarm is not active');
  if (Driver === 'overlay')
    throw forbidden(
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  if (Driver === 'host' || Driver === 'null')
    throw forbidden(`only one instance of "${Driver}" network is allowed`);
}

function ipamDriver({ IPAM }: FilledRequest): string {
  const driver = IPAM.Driver || 'default';
  if (driver !== 'default') throw notFound(`plugin "${driver}" not found`);
  return driver;
}

/** With what the network named by `ConfigFrom` says in the place of the request. */
function withConfiguration(request: FilledRequest, networks: readonly NetworkRecord[]): FilledRequest {
  const { Network: from } = request.ConfigFrom;
  if (from === '') return request;
  if (request.ConfigOnly)
    throw forbidden('a configuration network cannot depend on another configuration network');
  const source = networks.find(({ name, configOnly }) => configOnly && name === from);
  if (source === undefined) throw notFound(`configuration network "${from}" does not exist`);
  const isPlain =
    !request.EnableIPv6 &&
    request.IPAM.Config.length === 0 &&
    Object.keys(request.Options).length === 0 &&
    Object.keys(request.Labels).length === 0;
  if (!isPlain)
    throw forbidden(
      'user specified configurations are not supported if the network depends on a configuration network',
    );
  return {
    ...request,
    EnableIPv4: source.enableIPv4,
    EnableIPv6: source.enableIPv6,
    Internal: source.internal,
    Attachable: source.attachable,
    Options: source.options,
    Labels: source.labels,
    IPAM: { Driver: source.ipamDriver, Options: source.ipamOptions, Config: source.pools.map(configOf) },
  };
}

/** As the client has given it, and as inspect shows it. */
export function configOf(pool: PoolRecord): IpamConfig {
  const { subnet, range, gateway, auxiliary, isSubnetGiven, isGatewayGiven } = pool;
  const showsGateway = gateway !== '' && (isGatewayGiven || !isSubnetGiven);
  return {
    Subnet: subnet,
    ...(range === '' ? {} : { IPRange: range }),
    ...(showsGateway ? { Gateway: gateway } : {}),
    ...(Object.keys(auxiliary).length === 0 ? {} : { AuxiliaryAddresses: auxiliary }),
  };
}

function completePools(
  record: NetworkRecord,
  networks: readonly NetworkRecord[],
  addressPools: DaemonOptions['addressPools'],
): PoolRecord[] {
  const taken = networks
    .filter(({ configOnly }) => !configOnly)
    .flatMap(({ pools }) => pools.map(({ subnet }) => subnet));
  refuseOverlaps(record.pools, taken);
  for (const pool of record.pools) checkReserved(pool);
  const pools = [...record.pools];
  for (const version of [4, 6] as const) {
    const isWanted = version === 4 ? record.enableIPv4 : record.enableIPv6;
    if (isWanted && poolsOf(version, { pools }).length === 0)
      pools.push(givenPool(chooseSubnet({ version, taken, pools: addressPools })));
  }
  return pools;
}

function refuseOverlaps(pools: readonly PoolRecord[], taken: readonly string[]): void {
  const others = taken.map(parseSubnet);
  for (const { subnet } of pools) {
    const wanted = parseSubnet(subnet);
    if (others.some(other => overlaps(other, wanted))) throw forbidden(OVERLAP);
    others.push(wanted);
  }
}

/** What is never given to a container is reserved once. */
function checkReserved({ subnet, gateway, isGatewayGiven, auxiliary }: PoolRecord): void {
  const whole = parseSubnet(subnet);
  const used = new Set<bigint>(
    [ownAddress(whole), broadcastAddress(whole)].filter(value => value !== undefined),
  );
  const reserve = (what: string, address: string): void => {
    const { value } = parseIp(address);
    if (used.has(value)) throw forbidden(`failed to allocate ${what}: Address already in use`);
    used.add(value);
  };
  if (isGatewayGiven) reserve(`gateway (${gateway})`, gateway);
  else used.add(parseIp(gateway).value);
  for (const [name, address] of Object.entries(auxiliary))
    reserve(`secondary ip address (${name}:${address})`, address);
}

function forbidden(message: string): EngineError {
  return new EngineError('forbidden', message);
}
