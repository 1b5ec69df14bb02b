import { messageOf } from '../../base/errors.ts';
import type { Logger } from './logger.ts';

/** Work that answers need not wait for, but that must be over before the daemon is. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** A failure is logged with `what`, which names the work. */
  run(what: string, work: Promise<unknown>): void {
    const done = work
      .then(
        () => undefined,
        error => this.#log.error({ error: messageOf(error) }, what),
      )
      .then(() => {
        this.#running.delete(done);
      });
    this.#running.add(done);
  }

  /** Settles when all the work of this moment is over, and what that started in turn. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
