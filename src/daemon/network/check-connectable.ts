import { invalid } from '../model/errors.ts';

/**
 * Whether a container may be on a network, beside others.
 * @param main the network of its mode; undefined where it shares another container's
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkConnectable(main: string | undefined, network: string, others: readonly string[]): void {
  if (network !== main && (main === 'host' || main === undefined))
    throw invalid(
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  if (network === 'host' && main !== 'host')
    throw invalid(
      'cannot connect container to host network - container must be created in host network mode',
    );
  if (others.length > 0 && (network === 'none' || others.includes('none')))
    throw invalid(
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
}
