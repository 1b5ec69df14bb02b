import { conflict } from '../../model/errors.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { createOptions } from './start-container.ts';

/** Stands for the descriptor that a start would have. */
const ANY_DESCRIPTOR = 0;

/** The plan that starting the container would execute, a line an operation. Nothing is made. */
export async function explainContainer(daemon: Daemon, container: Container): Promise<string[]> {
  if (container.isRemoved) throw conflict(`container ${container.id} is being removed`);
  const { kind } = container.record.hostConfig.NetworkMode;
  const hasOwnNetwork = kind !== 'host' && kind !== 'container';
  return daemon.execDriver.explain({
    ...(await createOptions(daemon, container)),
    ...(hasOwnNetwork ? { networkNamespace: ANY_DESCRIPTOR } : {}),
  });
}
