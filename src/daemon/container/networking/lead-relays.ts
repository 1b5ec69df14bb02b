import { messageOf } from '../../../base/errors.ts';
import type { Task } from '../../../execdriver/driver.ts';
import { socketAddress } from '../../../kernel/socket-address.ts';
import { portSocketName } from '../../../networkdriver/bridge/port-socket.ts';
import type { PortRelay } from '../../../networkdriver/driver.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';

/**
 * Tells a container's shim where to relay what comes to ports that the kernel cannot lead to it: wherever it is connected
 * now. Never rejects.
 */
export async function leadRelays(
  daemon: Daemon,
  container: Container,
  runtime: Task | undefined = container.runtime,
): Promise<void> {
  const relays = container.state.endpoints.flatMap(connection => daemon.networks.relays(connection));
  try {
    await runtime?.leadRelays(relays.map(socketRelay));
  } catch (error) {
    daemon.log.warn({ container: container.id, error: messageOf(error) }, 'leading relayed ports');
  }
}

function socketRelay({ from, to }: PortRelay) {
  return {
    from: portSocketName(from),
    target: socketAddress(to.address, to.port),
    linkIndex: to.linkIndex,
  };
}
