import type { Membership } from './name-table.ts';

/** Version of the messages below: a daemon that finds a resolver of another version replaces it. */
export const PROTOCOL_VERSION = 1;

/**
 * What a daemon tells the resolver, a line of JSON each, in order; each is answered by a line. A sandbox is a container's
 * network namespace, and has its id.
 */
export type ResolverRequest =
  | { type: 'hello'; version: number }
  /** Answers questions in a network namespace, a path in procfs. Without servers, unknown names are asked of the host's. */
  | { type: 'open'; sandbox: string; namespace: string; servers: string[] }
  /** The process with which the sandbox ends. */
  | { type: 'run'; sandbox: string; pid: number }
  | { type: 'join'; sandbox: string; membership: Membership }
  | { type: 'leave'; sandbox: string; networkId: string }
  | { type: 'close'; sandbox: string }
  /** Closes all other sandboxes. */
  | { type: 'keep'; sandboxes: string[] };

export type ResolverReply = { error?: string };
