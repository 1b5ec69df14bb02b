import type { BuildProgress } from '../../api/classic-build.ts';
import { shortId } from '../../base/short-id.ts';
import type { BuildEvent, Vertex } from '../progress.ts';

/** Limit for the events of a step that wait until earlier steps are printed. */
const MAX_WAITING_EVENTS = 10_000;

/**
 * Prints a build as `docker build` without BuildKit does: one step after the other, in the order of the Dockerfile,
 * though they may go on at the same time.
 */
export class ClassicPrinter {
  readonly #progress: BuildProgress;
  readonly #total: number;
  readonly #waiting = new Map<number, BuildEvent[]>();
  #front: number;

  /** @param globalArgs the instructions in front of the stages */
  constructor(
    progress: BuildProgress,
    { globalArgs, total }: { globalArgs: readonly string[]; total: number },
  ) {
    this.#progress = progress;
    this.#total = total;
    this.#front = globalArgs.length;
    for (const [index, text] of globalArgs.entries()) this.#line(`Step ${index + 1}/${total} : ${text}`);
  }

  report(event: BuildEvent): void {
    const { index, range } = event.vertex;
    // A trigger of the image's is part of its FROM, which has been printed.
    if (index === this.#front || range === undefined) return this.#print(event);
    const events = this.#waiting.get(index) ?? [];
    if (events.length < MAX_WAITING_EVENTS || event.kind !== 'output') events.push(event);
    this.#waiting.set(index, events);
  }

  /** What has waited in vain, because something before it failed. */
  flush(): void {
    for (const index of [...this.#waiting.keys()].sort((a, b) => a - b))
      for (const event of this.#waiting.get(index) ?? []) if (event.kind !== 'completed') this.#print(event);
    this.#waiting.clear();
  }

  #print(event: BuildEvent): void {
    switch (event.kind) {
      case 'started':
        return this.#line(`Step ${this.#number(event.vertex)} : ${event.vertex.instruction}`);
      case 'output':
        return this.#progress({ stream: event.data.toString() });
      case 'completed':
        if (event.cached) this.#line(' ---> Using cache');
        this.#line(` ---> ${shortId(event.imageId)}`);
        if (event.vertex.index === this.#front) this.#next();
    }
  }

  #number({ index, range }: Vertex): string {
    return range === undefined ? 'trigger' : `${index + 1}/${this.#total}`;
  }

  #next(): void {
    this.#front++;
    const events = this.#waiting.get(this.#front) ?? [];
    this.#waiting.delete(this.#front);
    for (const event of events) this.#print(event);
  }

  #line(text: string): void {
    this.#progress({ stream: `${text}\n` });
  }
}
