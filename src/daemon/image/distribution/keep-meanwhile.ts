import type { Digest } from '../../../base/digest.ts';
import type { Graph } from '../../../graph/graph.ts';

/** Longer than any pull or push. What a process leaves behind goes then. */
const LEASE_MS = 24 * 60 * 60 * 1000;

/** Keeps content and layers, whether they are here yet or not, until it is disposed of. */
export function keepMeanwhile(
  { leases }: Graph,
  operation: 'pull' | 'push',
  { content, layers = [] }: { content: readonly Digest[]; layers?: readonly Digest[] },
): Disposable {
  const { id } = leases.create({ expiresAt: new Date(Date.now() + LEASE_MS), labels: { operation } });
  for (const digest of content) leases.add(id, { kind: 'content', digest });
  for (const digest of layers) leases.add(id, { kind: 'layer', digest });
  return { [Symbol.dispose]: () => leases.delete(id) };
}
