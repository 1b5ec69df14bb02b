import type { EndpointLink } from '../../../networkdriver/driver.ts';
import type { Container } from '../../model/container.ts';
import { usablePorts } from '../config/ports.ts';
import type { Daemon } from '../daemon.ts';
import { checkLinked } from './link-environment.ts';
import { type LinkedContainer, linkingContainers, runningAddress, runningLinks } from './links.ts';

/**
 * What links open between a container that is about to start and others on the default network, where containers are
 * kept apart: the exposed ports of those that it is linked to and that run, and its own to those that are linked to it.
 * @throws EngineError invalid-parameter for more ports than the container can be told of
 */
export function endpointLinks(daemon: Daemon, container: Container): EndpointLink[] {
  const links = runningLinks(daemon, container);
  checkLinked(links);
  const own = links.flatMap(linked => linksTo(linked));
  const others = linkingContainers(daemon, container).flatMap(linking => {
    const from = runningAddress(linking);
    return from === undefined ? [] : portsOf(container).map(port => ({ from, to: '', ...port }));
  });
  return [...own, ...others];
}

function linksTo({ container, address }: LinkedContainer): EndpointLink[] {
  return portsOf(container).map(port => ({ from: '', to: address, ...port }));
}

function portsOf({ record }: Container): Pick<EndpointLink, 'protocol' | 'port'>[] {
  return [...usablePorts(record.config.ExposedPorts)].flatMap(({ number, end, protocol }) =>
    Array.from({ length: end - number + 1 }, (_, index) => ({ protocol, port: number + index })),
  );
}
