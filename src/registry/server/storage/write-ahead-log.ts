import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const syncData = promisify(fdatasync);

/**
 * Brings a database's log to the disk without holding up the main thread, as SQLite itself would at each commit. Who
 * asks while a sync runs shares the next one.
 */
export class WriteAheadLog {
  readonly #fd: number;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param path of the database, which is open in WAL mode. Closing the log's file loses no lock: the database's has them. */
  constructor(path: string) {
    this.#fd = openSync(`${path}-wal`, 'a', 0o600);
  }

  /** Settles when everything that was committed before is on the disk. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = syncData(this.#fd).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
