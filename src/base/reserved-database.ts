import { existsSync, rmSync, writeFileSync } from 'node:fs';
import {
  DatabaseSync,
  type DatabaseSyncOptions,
  type StatementResultingChanges,
  type StatementSync,
} from 'node:sqlite';
import { EngineError, errorCode } from './errors.ts';

const RESERVED_BYTES = 256 << 10;
/** How long a reserve that could not be kept is let be. */
const PATIENCE_MS = 5000;

/** SQLite's result codes for what a full disk, or one without inodes, comes to (sqlite.org/rescode.html). */
const SQLITE_FULL = 13;
const FULL_CODES: ReadonlySet<number> = new Set([10, SQLITE_FULL, 14]);

/**
 * A database that takes a last few changes on a full disk, so that one can delete there: beside each of its files lies
 * one of 256 KiB, which is given up for them. It is there again as soon as there is room.
 */
export class ReservedDatabase extends DatabaseSync {
  readonly #reserves: string[] = [];
  readonly #statements = new Map<string, StatementSync>();
  #triedAtMs = 0;
  #depth = 0;

  /** @param path ':memory:' has no reserve */
  constructor(path: string, options: DatabaseSyncOptions = {}) {
    super(path, options);
    this.exec('PRAGMA temp_store = MEMORY');
    this.reserveFor(path);
  }

  /** For a file that is attached, too. */
  reserveFor(path: string): void {
    if (path === ':memory:') return;
    this.#reserves.push(`${path}.reserve`);
    this.#triedAtMs = 0;
  }

  /**
   * Brings a schema up to date: each of `migrations` leads from the version that is its index to the next. They are only
   * ever added to.
   * @param schema of an attached database, where it is not the main one
   * @throws EngineError conflict when a newer program has made the database
   */
  migrate(migrations: readonly string[], schema = 'main'): void {
    const row = super.prepare(`PRAGMA ${schema}.user_version`).get() as { user_version: number };
    const version = row.user_version;
    if (version > migrations.length)
      throw new EngineError(
        'conflict',
        `${this.location(schema)} has version ${version} of its schema, and this program knows up to ${migrations.length}`,
        { hint: 'It was made by a newer version of slipway, which has to open it.' },
      );
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.transaction(() => this.exec(`${migration} PRAGMA ${schema}.user_version = ${index + 1};`));
    }
  }

  /** Statements outside of a transaction are one each. They are kept: their texts are those of the program, not more. */
  override prepare(sql: string): StatementSync {
    return this.#statements.getOrInsertComputed(sql, () => this.#prepare(sql));
  }

  #prepare(sql: string): StatementSync {
    const statement = super.prepare(sql);
    const run = statement.run.bind(statement) as (...values: unknown[]) => StatementResultingChanges;
    statement.run = (...values: unknown[]) => this.#withReserve(() => run(...values));
    return statement;
  }

  /** Runs `task` as one transaction: all of it happens, or, when it throws, nothing. It may be run twice. */
  transaction<T>(task: () => T): T {
    return this.#withReserve(() => {
      this.#depth++;
      try {
        this.exec('BEGIN IMMEDIATE');
        const result = task();
        this.exec('COMMIT');
        return result;
      } catch (error) {
        // On a full disk SQLite has rolled back already.
        if (this.isTransaction) this.exec('ROLLBACK');
        throw error;
      } finally {
        this.#depth--;
      }
    });
  }

  #withReserve<T>(change: () => T): T {
    if (this.#depth > 0) return change();
    try {
      const result = change();
      this.#keepReserve();
      return result;
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#makeRoom();
      return change();
    }
  }

  /** What the log holds goes into the files, and the log begins anew in the room that it has. */
  #makeRoom(): void {
    for (const reserve of this.#reserves) rmSync(reserve, { force: true });
    this.#triedAtMs = Date.now();
    try {
      this.exec('PRAGMA wal_checkpoint(RESTART)');
    } catch {
      // The files may have to grow for that: the change itself will tell.
    }
  }

  #keepReserve(): void {
    const now = Date.now();
    if (now - this.#triedAtMs < PATIENCE_MS) return;
    this.#triedAtMs = now;
    for (const reserve of this.#reserves) if (!existsSync(reserve)) fill(reserve);
  }
}

/** All of it or nothing. */
function fill(path: string): void {
  try {
    // No zeros, which some file systems store nowhere.
    writeFileSync(path, Buffer.alloc(RESERVED_BYTES, 'reserve'), { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT') throw error;
  }
}

/** Whether a change failed for want of room, the reserve included. */
export function isFull(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && FULL_CODES.has(errcode & 0xff);
}
