import type { EventMessage } from '../../api/types.ts';
import { startTimer } from '../../base/start-timer.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import { nowNs } from './clock.ts';
import type { Filters } from './filters.ts';
import { eventFilter } from './event-filter.ts';
import { KeptEvent, type NewEvent } from './kept-event.ts';

/** How many events are kept for `events --since`, and how many characters they have together. */
const KEPT = 1024;
const KEPT_SIZE = 16 << 20;
/** A listener that falls behind by so much is cut off, lest it grow without bound. */
const MAX_QUEUED = 10_000;
const MAX_QUEUED_SIZE = 64 << 20;

export type EventsOptions = {
  sinceNs?: bigint;
  untilNs?: bigint;
  filters: Filters;
  signal: AbortSignal;
};

/** What happened, for those who ask: the last ones from memory, then as they come. */
export class EventBus {
  readonly #past: KeptEvent[] = [];
  #pastSize = 0;
  readonly #listeners = new Set<(event: KeptEvent) => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  publish(event: NewEvent): void {
    const kept = new KeptEvent(event);
    this.#past.push(kept);
    this.#pastSize += kept.size;
    while (this.#past.length > 2 * KEPT || this.#pastSize > KEPT_SIZE)
      for (const old of this.#past.splice(0, Math.ceil(this.#past.length / 2))) this.#pastSize -= old.size;
    for (const listener of this.#listeners) listener(kept);
  }

  /**
   * Past events since `sinceNs` (none without either time, all that are kept without it), then live ones until
   * `untilNs`, or for ever. The listener is registered when this is called, not at the first `next`.
   */
  subscribe(options: EventsOptions): AsyncGenerator<EventMessage, void, undefined> {
    const matches = eventFilter(options.filters);
    const past = this.#pastEvents(options);
    const queue: KeptEvent[] = [];
    let queuedSize = 0;
    let wake = (): void => undefined;
    const overflow = { happened: false };
    const listener = (event: KeptEvent): void => {
      if (!matches(event)) return;
      queuedSize += event.size;
      if (queue.length >= MAX_QUEUED || queuedSize > MAX_QUEUED_SIZE) overflow.happened = true;
      else queue.push(event);
      wake();
    };
    const isLive = options.untilNs === undefined || options.untilNs > nowNs();
    if (isLive) this.#listeners.add(listener);
    const end = endOf(options, () => wake());
    const unsubscribe = (): void => {
      this.#listeners.delete(listener);
      end.cancel();
    };
    options.signal.addEventListener('abort', unsubscribe, { once: true });
    return (async function* () {
      try {
        const slice = new TimeSlice();
        for (const event of past) {
          if (matches(event)) yield event.message();
          if (slice.isOver) await slice.pause();
        }
        while (!overflow.happened) {
          for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
            queuedSize -= event.size;
            yield event.message();
          }
          if (!isLive || end.reached()) return;
          const more = new Promise<void>(resolve => {
            wake = resolve;
          });
          if (queue.length === 0) await more;
        }
      } finally {
        unsubscribe();
      }
    })();
  }

  #pastEvents(options: EventsOptions): KeptEvent[] {
    const { sinceNs = 0n, untilNs } = options;
    if (options.sinceNs === undefined && untilNs === undefined) return [];
    return this.#past.filter(
      ({ timeNs }) => timeNs >= sinceNs && (untilNs === undefined || timeNs <= untilNs),
    );
  }
}

/** The moment a subscription ends by itself: `untilNs`, or the abort of its signal. */
function endOf(
  { untilNs, signal }: EventsOptions,
  onEnd: () => void,
): { reached(): boolean; cancel(): void } {
  let isReached = signal.aborted;
  const finish = (): void => {
    isReached = true;
    onEnd();
  };
  signal.addEventListener('abort', finish, { once: true });
  const cancel =
    untilNs === undefined ? () => undefined : startTimer(Number((untilNs - nowNs()) / 1_000_000n), finish);
  return { reached: () => isReached, cancel };
}
