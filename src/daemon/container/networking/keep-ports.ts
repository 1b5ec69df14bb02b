import { closeSync } from 'node:fs';
import type { Container } from '../../model/container.ts';

/**
 * Has the container's shim keep sockets of ports that were bound when it ran already; this process keeps them for a shim
 * that cannot. Never rejects.
 */
export async function keepPorts(
  { runtime, heldPorts }: Container,
  descriptors: readonly number[],
): Promise<void> {
  try {
    await runtime?.keep(descriptors);
    for (const descriptor of descriptors) closeSync(descriptor);
  } catch {
    for (const descriptor of descriptors) heldPorts.add(descriptor);
  }
}
