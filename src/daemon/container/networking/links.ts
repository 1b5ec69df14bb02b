import { posix } from 'node:path';
import { addressOf } from '../../../networkdriver/driver.ts';
import type { Container } from '../../model/container.ts';
import type { Link } from '../../model/container-record.ts';
import { DEFAULT_NETWORK } from '../../model/network-record.ts';
import type { Daemon } from '../daemon.ts';
import { invalid } from '../../model/errors.ts';
import { networkOwner } from './joined-containers.ts';

const HOST_CONFLICT =
  "conflicting options: host type networking can't be used with links. This would result in undefined behavior";

/**
 * The containers that `--link` values name: `name`, `name:alias`, or as `inspect` shows them,
 * `/name:/container/alias`.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function resolveLinks(daemon: Daemon, links: readonly string[]): Link[] {
  const { containers } = daemon;
  return links.map(link => {
    const { name, alias } = parseLink(link);
    const named = containers.lookup(name);
    // Not not-found: to the docker CLI that means a missing image.
    if (named === undefined) throw invalid(`could not get container for ${name}: No such container: ${name}`);
    const target = networkOwner(daemon, named);
    if (target.record.hostConfig.NetworkMode.kind === 'host') throw invalid(HOST_CONFLICT);
    return { containerId: target.id, alias, name: target.name };
  });
}

function parseLink(link: string): { name: string; alias: string } {
  if (link === '') throw invalid('empty string specified for links');
  const [name = '', alias = name, ...rest] = link.split(':');
  if (rest.length > 0 || name === '' || alias === '') throw invalid(`bad format for links: ${link}`);
  return name.startsWith('/') ? { name: name.slice(1), alias: posix.basename(alias) } : { name, alias };
}

/** A linked container that runs: how it is called, and where it is reached. */
export type LinkedContainer = { container: Container; alias: string; address: string };

/**
 * What a container that is about to start is linked to. Links mean something on the default network only.
 * @throws EngineError invalid-parameter for one that does not run or is elsewhere, in Docker's words
 */
export function linkedContainers(daemon: Daemon, { record }: Container): LinkedContainer[] {
  if (!(DEFAULT_NETWORK in record.networks)) return [];
  return record.links.map(link => {
    const { alias } = link;
    const container = daemon.containers.lookup(link.containerId);
    if (!container?.isRunning) {
      const name = nameOf(daemon, link);
      throw invalid(`Cannot link to a non running container: /${name} AS /${record.name}/${alias}`);
    }
    const address = runningAddress(container);
    if (address === undefined) {
      throw invalid(`Cannot link to /${container.name}, as it does not belong to the default network`);
    }
    return { container, alias, address };
  });
}

/** Those of its linked containers that run now. */
export function runningLinks(daemon: Daemon, container: Container): LinkedContainer[] {
  const ids = new Set(container.record.links.map(({ containerId }) => containerId));
  const targets = [...ids].map(id => daemon.containers.lookup(id));
  return targets.flatMap(target => (target?.isRunning ? linksTo(target, container) : []));
}

/** The links of a container, as `inspect` shows them, also those to containers that have gone; null for none. */
export function describeLinks(daemon: Daemon, { record }: Container): string[] | null {
  const { links } = record;
  return links.length === 0
    ? null
    : links.map(link => `/${nameOf(daemon, link)}:/${record.name}/${link.alias}`);
}

function nameOf({ containers }: Daemon, { containerId, name }: Link): string {
  return containers.lookup(containerId)?.name ?? name;
}

/** The names that links give to a container, by its id: `/web/db`. */
export function linkNames({ containers }: Daemon): (id: string) => string[] {
  const links = containers
    .all()
    .flatMap(({ record }) => record.links.map(link => ({ ...link, path: `/${record.name}/${link.alias}` })));
  const byTarget = Map.groupBy(links, ({ containerId }) => containerId);
  return id => (byTarget.get(id) ?? []).map(({ path }) => path);
}

/** The running containers that are linked to this one. */
export function linkingContainers({ containers }: Daemon, { id }: Container): Container[] {
  return containers
    .all()
    .filter(({ record, isRunning }) => isRunning && record.links.some(link => link.containerId === id));
}

/** The links of one container that name another, which runs. */
export function linksTo(container: Container, { record }: Container): LinkedContainer[] {
  const address = runningAddress(container);
  if (address === undefined) return [];
  return record.links
    .filter(({ containerId }) => containerId === container.id)
    .map(({ alias }) => ({ container, alias, address }));
}

/** Lines of /etc/hosts: a linked container is known by its alias, its host name and its own name. */
export function linkedHosts(linked: readonly LinkedContainer[]): string[] {
  return linked.map(({ container, alias, address }) => {
    const names = [alias, container.record.config.Hostname, container.name];
    return `${address}\t${[...new Set(names)].filter(name => name !== '').join(' ')}\n`;
  });
}

/** Where a container is reached on the default network. */
export function runningAddress({ state }: Container): string | undefined {
  const connection = state.endpoints.find(({ network }) => network === DEFAULT_NETWORK);
  return connection && addressOf(connection.endpoint, 4)?.address;
}
