import type { EventMessage } from '../../api/types.ts';
import { type Filters, matchesExactly, matchesLabels } from '../filters.ts';

/** Whether an event passes the filters of `docker events`. */
export function eventMatches(event: EventMessage, filters: Filters): boolean {
  return (
    matchesAction(event, filters) &&
    matchesExactly(filters, 'type', event.Type) &&
    matchesExactly(filters, 'scope', event.scope) &&
    matchesExactly(filters, 'daemon', event.Type === 'daemon' ? event.Actor.ID : '') &&
    matchesActor(event, filters, 'container') &&
    matchesActor(event, filters, 'volume') &&
    matchesActor(event, filters, 'network') &&
    matchesImage(event, filters) &&
    matchesLabels(filters, event.Actor.Attributes)
  );
}

/** `exec_create: sh` and `health_status: healthy` are also found by what stands before the colon. */
function matchesAction(event: EventMessage, filters: Filters): boolean {
  return matchesExactly(filters, 'event', event.Action, event.Action.split(':')[0] ?? '');
}

/** By id, by a prefix of it, or by name. */
function matchesActor(event: EventMessage, filters: Filters, type: EventMessage['Type']): boolean {
  const wanted = filters.get(type) ?? [];
  if (wanted.length === 0) return true;
  if (event.Type !== type) return false;
  const { ID, Attributes } = event.Actor;
  return wanted.some(one => ID.startsWith(one) || Attributes.name === one);
}

/** The image itself, or a container made from it; with or without a tag. */
function matchesImage(event: EventMessage, filters: Filters): boolean {
  const wanted = filters.get('image') ?? [];
  if (wanted.length === 0) return true;
  const { ID, Attributes } = event.Actor;
  const names = event.Type === 'image' ? [ID, Attributes.name ?? ''] : [Attributes.image ?? ''];
  return wanted.some(one => names.some(name => name === one || withoutTag(name) === one));
}

function withoutTag(reference: string): string {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? reference.slice(0, colon) : reference;
}
