import type { EventMessage } from '../../api/types.ts';
import { own } from '../../base/own.ts';
import { nowNs } from './clock.ts';

type Attributes = Readonly<Record<string, string>>;

export type NewEvent = Pick<EventMessage, 'Type' | 'Action'> & {
  id: string;
  attributes: Attributes;
  /**
   * The labels of the object that it happened to. They are attributes of the event, too, unless `attributes` has the
   * same key.
   */
  labels?: Attributes | null | undefined;
};

/**
 * An event as it is kept. Labels are the object's own, and no copy: an image may have a hundred thousand of them, and
 * its containers thousands of events.
 */
export class KeptEvent {
  readonly event: NewEvent;
  readonly timeNs = nowNs();

  constructor(event: NewEvent) {
    this.event = event;
  }

  attribute(key: string): string | undefined {
    return own(this.event.attributes, key) ?? own(this.event.labels, key);
  }

  /** About how many characters it keeps in memory, or sends. */
  get size(): number {
    return sizeOf(this.event.attributes) + (this.event.labels ? sizeOf(this.event.labels) : 0);
  }

  message(): EventMessage {
    const { Type, Action, id, attributes, labels } = this.event;
    return {
      ...(Type === 'container' || Type === 'image' ? { status: Action, id } : {}),
      ...(Type === 'container' ? { from: attributes.image ?? '' } : {}),
      Type,
      Action,
      Actor: { ID: id, Attributes: { ...labels, ...attributes } },
      scope: 'local',
      time: Number(this.timeNs / 1_000_000_000n),
      timeNano: Number(this.timeNs),
    };
  }
}

const sizes = new WeakMap<Attributes, number>();

function sizeOf(attributes: Attributes): number {
  let size = sizes.get(attributes);
  if (size === undefined) {
    size = 0;
    for (const key in attributes) size += key.length + (attributes[key] as string).length;
    sizes.set(attributes, size);
  }
  return size;
}
