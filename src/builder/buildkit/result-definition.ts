import { digestOf } from '../../base/digest.ts';
import * as wire from '../../buildkit/messages.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';

type Definition = Partial<MessageOf<typeof wire.DEFINITION>>;

/** Sources that are what another build has come to. */
const SCHEME = 'slipway-result://';

/** A result as clients pass it on to other builds: a graph of one source, which names it. */
export function definitionOf(id: string): Definition {
  const source = wire.OPERATION.encode({ source: { identifier: SCHEME + id } });
  const digest = digestOf(source);
  const end = wire.OPERATION.encode({ inputs: [{ digest }] });
  return { operations: [source, end], metadata: { [digest]: {} } };
}

/** The result that a client passes on; undefined for another graph. */
export function resultIdOf({ operations = [] }: Definition): string | undefined {
  const identifiers = operations.map(data => wire.OPERATION.decode(data).source?.identifier ?? '');
  return identifiers.find(identifier => identifier.startsWith(SCHEME))?.slice(SCHEME.length);
}
