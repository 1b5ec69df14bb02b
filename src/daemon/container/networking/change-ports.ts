import { own } from '../../../base/own.ts';
import type { PortMap } from '../../../api/types.ts';
import type { PortBinding } from '../../../networkdriver/driver.ts';
import { NetworkNamespace } from '../../../networkdriver/network-namespace.ts';
import { portSocketName } from '../../../networkdriver/bridge/port-socket.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Container } from '../../model/container.ts';
import { containerEvent } from '../../model/container-event.ts';
import { conflict, invalid, notFound } from '../../model/errors.ts';
import { type CompletedHostConfig, fillPortBindings } from '../../model/host-config.ts';
import { openNetworkNamespaceOf } from '../../model/open-namespaces.ts';
import type { Connection } from '../../network/networks.ts';
import { checkPorts, exposedPorts, parsePort, portBindings } from '../config/ports.ts';
import type { Daemon } from '../daemon.ts';
import { gatewayOf, refuseRemoved, runs } from './connect-container.ts';
import { portsToPublish } from './join-networks.ts';
import { keepPorts } from './keep-ports.ts';
import { leadRelays } from './lead-relays.ts';

type Bindings = CompletedHostConfig['PortBindings'];
type Binding = Bindings[string][number];

/**
 * Publishes further ports of a container, as `-p` does: at once when it runs, and whenever it is started. On failure it is
 * as it was.
 * @throws EngineError in the words of `docker run -p`
 */
export async function publishPorts(daemon: Daemon, container: Container, ports: PortMap): Promise<void> {
  const given = fillPortBindings(ports);
  checkPorts({}, given);
  const added = completed(given);
  await daemon.locks.run(container.id, async () => {
    refuseUnpublishable(container);
    const { record } = container;
    const { config, hostConfig } = record;
    refuseRepeated(hostConfig.PortBindings, added);
    const PortBindings = merged(hostConfig.PortBindings, added);
    const after = {
      ...record,
      config: { ...config, ExposedPorts: exposedPorts(config.ExposedPorts, added) },
      hostConfig: { ...hostConfig, PortBindings },
    };
    // As many as a container may have, in all.
    portBindings(after.config, after.hostConfig);
    if (runs(container)) await publishRunning(daemon, container, added);
    container.record = after;
    daemon.store.saveContainer(container);
    containerEvent(daemon, container, 'update');
  });
}

/**
 * Publishes ports of a container no more, and lets others have them. Connections that are open go on. A binding that
 * names no address or port of the host's stands for all of that container port.
 * @throws EngineError not-found for a port that is not published
 */
export async function withdrawPorts(daemon: Daemon, container: Container, ports: PortMap): Promise<void> {
  const given = fillPortBindings(ports);
  checkPorts({}, given);
  const asked = completed(given);
  await daemon.locks.run(container.id, async () => {
    refuseRemoved(container);
    const { hostConfig } = container.record;
    const gateway = runs(container) ? gatewayOf(daemon, container, container.state.endpoints) : undefined;
    const keys = keysOf(asked);
    const gone = (gateway?.endpoint.ports ?? []).filter(port =>
      isAsked(keys, portKey(port), { HostIp: port.hostIp, HostPort: String(port.hostPort) }),
    );
    const PortBindings = without(hostConfig.PortBindings, asked, gone);
    if (PortBindings === undefined && gone.length === 0) throw notPublished(container, asked);
    if (gateway !== undefined) await withdrawRunning(daemon, container, { gateway, ports: gone });
    container.record = {
      ...container.record,
      hostConfig: { ...hostConfig, PortBindings: PortBindings ?? hostConfig.PortBindings },
    };
    daemon.store.saveContainer(container);
    containerEvent(daemon, container, 'update');
  });
}

async function publishRunning(daemon: Daemon, container: Container, added: Bindings): Promise<void> {
  const { state, cleanedUp } = container;
  const gateway = gatewayOf(daemon, container, state.endpoints);
  if (gateway === undefined)
    throw conflict(`container ${container.name} is on no network that its ports could be published on`);
  const wanted = portBindings({ ExposedPorts: {} }, { PortBindings: added, PublishAllPorts: false });
  const network = daemon.networks.find(gateway.endpoint.networkId);
  const namespace = NetworkNamespace.inUse(openNetworkNamespaceOf(daemon, container.id));
  try {
    const { descriptors } = await daemon.networks.publish(gateway, {
      containerName: container.name,
      namespace,
      ports: portsToPublish(wanted, network, daemon.options.publishIp),
    });
    await keepPorts(container, descriptors);
    await leadRelays(daemon, container);
  } finally {
    namespace.close();
  }
  if (container.cleanedUp === cleanedUp) return;
  // It has ended meanwhile, and what it had is taken away, or will be.
  container.closeHeldPorts();
  throw conflict(`container ${container.id} is not running`);
}

async function withdrawRunning(
  daemon: Daemon,
  container: Container,
  { gateway, ports }: { gateway: Connection; ports: PortBinding[] },
): Promise<void> {
  await daemon.networks.unpublish(gateway, ports);
  try {
    for (const port of ports)
      if (port.hostPort !== 0) await container.runtime?.closeSocket(portSocketName(port));
  } catch (error) {
    // It keeps them from other programs until it ends.
    daemon.log.warn({ container: container.id, error: messageOf(error) }, 'giving up a port');
  }
  daemon.networks.releasePorts(ports);
}

function refuseUnpublishable(container: Container): void {
  refuseRemoved(container);
  const { kind } = container.record.hostConfig.NetworkMode;
  if (kind === 'container' || kind === 'host')
    throw invalid(`conflicting options: port publishing and the ${kind} type network mode`);
}

/** It could not be started any more. */
function refuseRepeated(present: Bindings, added: Bindings): void {
  const taken = new Set(allBindings(present).map(([port, binding]) => placeOf(port, binding)));
  for (const [port, binding] of allBindings(added)) {
    const place = placeOf(port, binding);
    if (binding.HostPort !== '' && taken.has(place))
      throw conflict(
        `Bind for ${binding.HostIp || '0.0.0.0'}:${binding.HostPort} failed: port is already allocated`,
      );
    taken.add(place);
  }
}

function placeOf(port: string, { HostIp, HostPort }: Binding): string {
  return `${parsePort(port).protocol} ${HostIp} ${HostPort}`;
}

function allBindings(bindings: Bindings): [string, Binding][] {
  return Object.entries(bindings).flatMap(([port, list]) =>
    list.map((binding): [string, Binding] => [port, binding]),
  );
}

/** By `80/tcp`; a port without bindings has one that leaves all open. */
function completed(ports: Bindings): Bindings {
  const bindings: Bindings = {};
  for (const [port, list] of Object.entries(ports)) {
    const { number, protocol } = parsePort(port);
    (bindings[`${number}/${protocol}`] ??= []).push(...(list.length > 0 ? list : [ANY]));
  }
  return bindings;
}

const ANY: Binding = { HostIp: '', HostPort: '' };

function merged(present: Bindings, added: Bindings): Bindings {
  const all = { ...present };
  for (const [port, list] of Object.entries(added)) all[port] = [...bindingsOf(present, port), ...list];
  return all;
}

/** A port that is published without bindings is published anywhere. */
function bindingsOf(bindings: Bindings, port: string): Binding[] {
  const list = own(bindings, port);
  if (list === undefined) return [];
  return list.length === 0 ? [ANY] : list;
}

/** Undefined when nothing of it is there. A binding that leaves the port open is meant by the port that it got. */
function without(present: Bindings, asked: Bindings, gone: readonly PortBinding[]): Bindings | undefined {
  const keys = keysOf(asked);
  const bound = new Set(gone.map(port => `${portKey(port)} ${port.hostPort}`));
  const left = { ...present };
  let isFound = false;
  for (const [port, list] of Object.entries(asked)) {
    const before = bindingsOf(present, port);
    let open = list.filter(({ HostPort }) => HostPort !== '' && bound.has(`${port} ${HostPort}`)).length;
    const after = before.filter(binding => !isAsked(keys, port, binding) && !(isOpen(binding) && open-- > 0));
    isFound ||= after.length < before.length;
    if (after.length > 0) left[port] = after;
    else delete left[port];
  }
  return isFound ? left : undefined;
}

function isOpen({ HostPort }: Binding): boolean {
  return HostPort === '' || HostPort.includes('-');
}

function keysOf(bindings: Bindings): Set<string> {
  return new Set(
    allBindings(bindings).map(([port, { HostIp, HostPort }]) => `${port} ${HostIp} ${HostPort}`),
  );
}

function isAsked(keys: ReadonlySet<string>, port: string, { HostIp, HostPort }: Binding): boolean {
  return [HostIp, ''].some(address =>
    [HostPort, ''].some(number => keys.has(`${port} ${address} ${number}`)),
  );
}

function portKey({ containerPort, protocol }: PortBinding): string {
  return `${containerPort}/${protocol}`;
}

function notPublished({ name }: Container, asked: Bindings) {
  const [[port, { HostPort }] = ['', ANY]] = allBindings(asked);
  const what = HostPort === '' ? port : `${HostPort}:${port}`;
  return notFound(`No public port '${what}' published for ${name}`);
}
