import type { EventMessage } from '../../api/types.ts';
import { startTimer } from '../../base/start-timer.ts';
import { nowNs } from '../clock.ts';
import type { Filters } from '../filters.ts';
import { eventMatches } from './event-matches.ts';

/** How many events are kept for `events --since`. */
const KEPT = 1024;
/** A listener that falls behind by so many events is cut off, lest it grow without bound. */
const MAX_QUEUED = 10_000;

export type EventsOptions = {
  sinceNs?: bigint;
  untilNs?: bigint;
  filters: Filters;
  signal: AbortSignal;
};

type NewEvent = Pick<EventMessage, 'Type' | 'Action'> & {
  id: string;
  attributes: Record<string, string>;
};

/** What happened, for those who ask: the last ones from memory, then as they come. */
export class EventBus {
  readonly #past: EventMessage[] = [];
  readonly #listeners = new Set<(event: EventMessage) => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  publish({ Type, Action, id, attributes }: NewEvent): void {
    const timeNs = nowNs();
    const event: EventMessage = {
      ...(Type === 'container' || Type === 'image' ? { status: Action, id } : {}),
      ...(Type === 'container' ? { from: attributes.image ?? '' } : {}),
      Type,
      Action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time: Number(timeNs / 1_000_000_000n),
      timeNano: Number(timeNs),
    };
    this.#past.push(event);
    if (this.#past.length > 2 * KEPT) this.#past.splice(0, KEPT);
    for (const listener of this.#listeners) listener(event);
  }

  /**
   * Past events since `sinceNs` (none without it), then live ones until `untilNs`, or for ever. The listener is
   * registered when this is called, not at the first `next`.
   */
  subscribe(options: EventsOptions): AsyncGenerator<EventMessage, void, undefined> {
    const queue = this.#pastEvents(options);
    let wake = (): void => undefined;
    const overflow = { happened: false };
    const listener = (event: EventMessage): void => {
      if (!eventMatches(event, options.filters)) return;
      if (queue.length >= MAX_QUEUED) overflow.happened = true;
      else queue.push(event);
      wake();
    };
    const isLive = options.untilNs === undefined || options.untilNs > nowNs();
    if (isLive) this.#listeners.add(listener);
    const end = endOf(options);
    const unsubscribe = (): void => {
      this.#listeners.delete(listener);
      end.cancel();
    };
    options.signal.addEventListener('abort', unsubscribe, { once: true });
    return (async function* () {
      try {
        while (!overflow.happened) {
          for (let event = queue.shift(); event !== undefined; event = queue.shift()) yield event;
          if (!isLive || end.reached()) return;
          const more = new Promise<void>(resolve => {
            wake = resolve;
          });
          if (queue.length === 0) await Promise.race([more, end.promise]);
        }
      } finally {
        unsubscribe();
      }
    })();
  }

  #pastEvents({ sinceNs, untilNs, filters }: EventsOptions): EventMessage[] {
    if (sinceNs === undefined) return [];
    const since = Number(sinceNs);
    const until = untilNs === undefined ? Number.POSITIVE_INFINITY : Number(untilNs);
    return this.#past.filter(
      event => event.timeNano >= since && event.timeNano <= until && eventMatches(event, filters),
    );
  }
}

/** The moment a subscription ends by itself: `untilNs`, or the abort of its signal. */
function endOf({ untilNs, signal }: EventsOptions): {
  promise: Promise<void>;
  reached(): boolean;
  cancel(): void;
} {
  let isReached = signal.aborted;
  let cancelTimer = (): void => undefined;
  const promise = new Promise<void>(resolve => {
    const finish = (): void => {
      isReached = true;
      resolve();
    };
    signal.addEventListener('abort', finish, { once: true });
    if (untilNs !== undefined) cancelTimer = startTimer(Number((untilNs - nowNs()) / 1_000_000n), finish);
  });
  return { promise, reached: () => isReached, cancel: () => cancelTimer() };
}
