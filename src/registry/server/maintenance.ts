import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../http/logger.ts';
import type { RetentionRule } from './config/registry-config.ts';
import { collectGarbage, type SweepReport } from './storage/collect-garbage.ts';
import type { Shared, SharedContent } from './storage/shared-content.ts';
import { SweepRecords } from './storage/sweep-records.ts';
import type { RegistryStore } from './storage/registry-store.ts';

export type MaintenanceOptions = {
  graceMs: number;
  /** Between two sweeps; 0: none but those that are asked for. */
  intervalMs: number;
  /** As they are when a sweep begins. */
  retention: () => readonly RetentionRule[];
  /** What blobs may be shared with. */
  shared: SharedContent | undefined;
  logger: Logger;
};

/** What a sweep has done. */
export type MaintenanceReport = SweepReport & { shared: Shared };

const NOTHING: Shared = { blobs: 0, bytes: 0 };

/** Garbage collection, one at a time: when it is asked for, and on a timer. */
export class Maintenance {
  readonly #store: RegistryStore;
  readonly #options: MaintenanceOptions;
  readonly #closing = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** When the last sweep ended, milliseconds since the epoch. */
  lastSweepAtMs: number | undefined;

  constructor(store: RegistryStore, options: MaintenanceOptions) {
    this.#store = store;
    this.#options = options;
    if (options.intervalMs > 0) void this.#repeat();
  }

  /** @throws EngineError unavailable when the registry ends */
  sweep({ isDryRun }: { isDryRun: boolean }): Promise<MaintenanceReport> {
    const { graceMs, retention } = this.#options;
    const { signal } = this.#closing;
    const run = this.#running.then(async () => {
      if (signal.aborted) throw new EngineError('unavailable', 'the registry is being closed');
      const report = await collectGarbage(this.#store, { isDryRun, graceMs, retention: retention(), signal });
      const shared = isDryRun ? NOTHING : await this.#share(signal);
      if (!isDryRun) this.lastSweepAtMs = Date.now();
      return { ...report, shared };
    });
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #share(signal: AbortSignal): Promise<Shared> {
    const records = new SweepRecords(this.#store.records.database);
    return (
      (await this.#options.shared?.shareAll((after, count) => records.blobs(after, count), signal)) ?? NOTHING
    );
  }

  /** The first one not before the time of grace: clients go on with what they were told before a restart. */
  async #repeat(): Promise<void> {
    const { graceMs, intervalMs, logger } = this.#options;
    const { signal } = this.#closing;
    for (let waitMs = Math.max(graceMs, intervalMs); !signal.aborted; waitMs = intervalMs) {
      await delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.sweep({ isDryRun: false });
      } catch (error) {
        if (!signal.aborted) logger.error({ error }, `garbage collection: ${messageOf(error)}`);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new EngineError('unavailable', 'the registry is being closed'));
    await this.#running;
  }
}
