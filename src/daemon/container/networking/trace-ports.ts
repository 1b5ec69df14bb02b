import { closeSync } from 'node:fs';
import type { NetworkTrace } from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import { addressOf, type Endpoint, type PortBinding } from '../../../networkdriver/driver.ts';
import { formatIp, parseIp, versionOf } from '../../../networkdriver/ipam/ip.ts';
import { type Probe, probeFromElsewhere, probeFromHere } from '../../../networkdriver/trace/probe.ts';
import { type TraceResult, type TraceStep, traceProbe } from '../../../networkdriver/trace/trace-probe.ts';
import type { Container } from '../../model/container.ts';
import { conflict, invalid } from '../../model/errors.ts';
import { openNetworkNamespaceOf } from '../../model/open-namespaces.ts';
import type { Daemon } from '../daemon.ts';
import { gatewayOf, runs } from './connect-container.ts';

export type TraceRequest = {
  /** A container, or a port of the host, `8080` or `8080/udp`. */
  of: string;
  /** The address of another host that packets are to come from. */
  from?: string | undefined;
  /** `ADDRESS:PORT`, where the container is to send to; instead of what is sent to it. */
  to?: string | undefined;
};

/** Each takes up to a second and a half. */
const MAX_PORTS = 8;
/** Addresses of documentation (RFC 5737, RFC 3849), which are nobody's. */
const STRANGERS = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;
const EVERY_ADDRESS = { '0.0.0.0': '127.0.0.1', '::': '::1' } as Record<string, string>;

type Published = { port: PortBinding; who: string; endpoint: Endpoint | undefined };
type Planned = { what: string; open: () => Probe };

/**
 * Sends a packet to each of a container's published ports (or from a container), from this host and as another would, and
 * tells which rules of whom decide about it.
 * @throws EngineError
 */
export async function tracePorts(daemon: Daemon, request: TraceRequest): Promise<NetworkTrace[]> {
  if (request.to !== undefined) return [await traceOutward(daemon, request.of, request.to)];
  const from = request.from === undefined ? undefined : formatIp(parseIp(request.from));
  const traces: NetworkTrace[] = [];
  for (const planned of publishedPorts(daemon, request.of).flatMap(published => probesOf(published, from)))
    traces.push(await trace(planned));
  return traces;
}

async function trace({ what, open }: Planned): Promise<NetworkTrace> {
  try {
    return describe(what, await traceProbe(open()));
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    return { Probe: what, Steps: [], Outcome: `not tried: ${error.message}`, Arrives: true };
  }
}

async function traceOutward(daemon: Daemon, name: string, target: string): Promise<NetworkTrace> {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(target) ?? [];
  if (port === undefined || Number(port) > 65_535) throw invalid(`${target}: not of the form ADDRESS:PORT`);
  const to = { address: formatIp(parseIp(bracketed ?? plain ?? '')), port: Number(port) };
  const container = running(daemon, name);
  const namespace = openNetworkNamespaceOf(daemon, container.id);
  try {
    const open = (): Probe => ({ ...probeFromHere({ protocol: 'tcp', to }, namespace), isRouted: true });
    return await trace({ what: `${target}/tcp from the container ${container.name}`, open });
  } finally {
    closeSync(namespace);
  }
}

/** What a name means that is a port and a container's, too, is the port. */
function publishedPorts(daemon: Daemon, reference: string): Published[] {
  const [, number, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(reference) ?? [];
  const hostPort = Number(number);
  if (number !== undefined && hostPort > 0 && hostPort <= 65_535)
    return portsAt(daemon, hostPort, protocol as 'tcp' | 'udp');
  const container = running(daemon, reference);
  const published = portsOf(daemon, container).filter(({ port }) => port.protocol !== 'sctp');
  if (published.length === 0)
    throw conflict(
      `container ${container.name} publishes no port of TCP or UDP: --to ADDRESS:PORT follows what it sends`,
    );
  if (published.length > MAX_PORTS)
    throw conflict(`container ${container.name} publishes ${published.length} ports: name one of the host's`);
  return published;
}

function portsAt(daemon: Daemon, hostPort: number, protocol: 'tcp' | 'udp'): Published[] {
  const found = daemon.containers
    .all()
    .filter(runs)
    .flatMap(container => portsOf(daemon, container))
    .filter(({ port }) => port.hostPort === hostPort && port.protocol === protocol);
  // That nobody publishes it may be what is wrong.
  const nobody = { protocol, containerPort: 0, hostIp: '0.0.0.0', hostPort };
  return found.length > 0 ? found : [{ port: nobody, who: 'no container', endpoint: undefined }];
}

function running(daemon: Daemon, reference: string): Container {
  const container = daemon.containers.find(reference);
  if (!runs(container)) throw conflict(`container ${container.name} is not running`);
  return container;
}

function portsOf(daemon: Daemon, container: Container): Published[] {
  const endpoint = gatewayOf(daemon, container, container.state.endpoints)?.endpoint;
  return (endpoint?.ports ?? []).map(port => ({ port, who: container.name, endpoint }));
}

function probesOf({ port, who, endpoint }: Published, from: string | undefined): Planned[] {
  const { protocol, hostIp, hostPort, containerPort } = port;
  if (protocol === 'sctp') return [];
  const version = versionOf(hostIp);
  const isRouted = hostPort === 0;
  const own = endpoint && addressOf(endpoint, version)?.address;
  const named = isRouted ? own : hostIp in EVERY_ADDRESS ? undefined : hostIp;
  const number = isRouted ? containerPort : hostPort;
  const what = `port ${number}/${protocol} of ${who} at ${isRouted ? own : hostIp}`;
  const here = { address: named ?? EVERY_ADDRESS[hostIp] ?? hostIp, port: number };
  const fromHere = {
    what: `${what}, from this host to ${here.address}`,
    open: () => ({ ...probeFromHere({ protocol, to: here }), isRouted }),
  };
  const stranger = from ?? STRANGERS[version];
  const isForOthers = !(named?.startsWith('127.') || named === '::1') && versionOf(stranger) === version;
  const fromElsewhere = {
    what: `${what}, as from ${stranger}`,
    open: () => ({
      ...probeFromElsewhere({ protocol, from: stranger, to: { address: named, port: number } }),
      isRouted,
    }),
  };
  return [...(from === undefined ? [fromHere] : []), ...(isForOthers ? [fromElsewhere] : [])];
}

function describe(what: string, { steps, outcome }: TraceResult): NetworkTrace {
  return {
    Probe: what,
    Steps: steps.map(({ owner, chain, rule, verdict, packet }) => ({
      Owner: owner,
      Chain: chain,
      Rule: rule,
      Verdict: verdict,
      Packet: packet,
    })),
    Outcome: outcome.kind === 'dropped' ? dropped(outcome.by) : OUTCOMES[outcome.kind],
    Arrives: outcome.kind === 'answered' || outcome.kind === 'silent',
  };
}

function dropped({ owner, chain, rule }: TraceStep): string {
  const what = rule === 'policy' ? 'the policy' : `the rule "${rule}"`;
  return `dropped by ${what} of the chain ${chain} (${OWNERS[owner]})`;
}

const OWNERS: Record<TraceStep['owner'], string> = {
  slipway: 'Slipway’s own',
  docker: 'dockerd’s',
  ufw: 'ufw’s',
  firewalld: 'firewalld’s',
  iptables: 'made with iptables',
  nftables: 'somebody’s with nftables',
};

const OUTCOMES: Record<Exclude<TraceResult['outcome']['kind'], 'dropped'>, string> = {
  answered: 'it arrives, and is answered',
  refused: 'it arrives, and is refused: nothing listens there',
  silent:
    'all rules let it pass, and nothing is heard of it: the receiver does not answer, or drops it itself',
  'not-translated': 'no rule leads it to a container: it is for this host itself',
  'not-forwarded':
    'the rules let it pass, and the host does not pass it on: forwarding is off, no route leads on, its sender is not ' +
    'expected at that interface (rp_filter), or iptables-legacy drops it',
  unseen: 'no rule has seen it: it could not be sent, or something before the firewall has taken it',
};
