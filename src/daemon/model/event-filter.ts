import { textBefore } from '../../base/text-before.ts';
import type { EventMessage } from '../../api/types.ts';
import { attributeFilter, exactFilter, type Filters, filterValues } from './filters.ts';
import type { KeptEvent } from './kept-event.ts';

type Matches = (kept: KeptEvent) => boolean;

/** What the filters of `docker events` let through. */
export function eventFilter(filters: Filters): Matches {
  const hasType = exactFilter(filters, 'type');
  const hasScope = exactFilter(filters, 'scope')('local');
  const hasDaemon = exactFilter(filters, 'daemon');
  const hasLabels = attributeFilter(filters);
  const all: Matches[] = [
    actionFilter(filters),
    ({ event }) => hasType(event.Type),
    () => hasScope,
    ({ event }) => hasDaemon(event.Type === 'daemon' ? event.id : ''),
    ...(['container', 'volume', 'network'] as const).map(type => actorFilter(filters, type)),
    imageFilter(filters),
    kept => hasLabels(key => kept.attribute(key)),
  ];
  return kept => all.every(matches => matches(kept));
}

/** `exec_create: sh` and `health_status: healthy` are also found by what stands before the colon. */
function actionFilter(filters: Filters): Matches {
  const hasAction = exactFilter(filters, 'event');
  return ({ event: { Action } }) => hasAction(Action, textBefore(Action, ':'));
}

/** By id, by a prefix of it, or by name. */
function actorFilter(filters: Filters, type: EventMessage['Type']): Matches {
  const wanted = filterValues(filters, type);
  if (wanted.length === 0) return () => true;
  const names = new Set(wanted);
  return kept => {
    const { Type, id } = kept.event;
    if (Type !== type) return false;
    const name = kept.attribute('name');
    return names.has(id) || (name !== undefined && names.has(name)) || wanted.some(one => id.startsWith(one));
  };
}

/** The image itself, or a container made from it; with or without a tag. */
function imageFilter(filters: Filters): Matches {
  const wanted = new Set(filters.get('image'));
  if (wanted.size === 0) return () => true;
  return kept => {
    const { Type, id } = kept.event;
    const names = Type === 'image' ? [id, kept.attribute('name')] : [kept.attribute('image')];
    return names.some(name => name !== undefined && (wanted.has(name) || wanted.has(withoutTag(name))));
  };
}

function withoutTag(reference: string): string {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? reference.slice(0, colon) : reference;
}
