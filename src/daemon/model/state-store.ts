import { decodeJson, encodeJson } from '../../base/exact-json.ts';
import type { StatementSync } from 'node:sqlite';
import { isFull, ReservedDatabase } from '../../base/reserved-database.ts';
import type { Descriptor } from '../../oci/image-spec.ts';
import { type ContainerRecord, type StateRecord, upgradeRecord, upgradeState } from './container-record.ts';
import { MIGRATIONS } from './schema.ts';

/** What must be cleaned away, should the daemon die before it has done so itself. */
export type Leftover = { kind: 'container' | 'volume'; id: string };

export type StoredContainer = { record: ContainerRecord; state: StateRecord };

type Values = (string | number)[];

const RETRY_MS = 1000;
const MAXIMUM_COMPRESSED = 4096;

/**
 * The engine's state, in one SQLite database. Every method is one transaction; on return the change survives
 * the death of this process (not necessarily that of the machine: synchronous = NORMAL). The database is this
 * process's alone: locks taken for each statement would cost as much as the statement.
 */
export class StateStore {
  readonly #database: ReservedDatabase;
  readonly #statements = new Map<string, StatementSync>();
  /** By container id, as JSON. */
  readonly #unsaved = new Map<string, string>();
  #retry: NodeJS.Timeout | undefined;

  /** `path` may be ':memory:'. */
  constructor(path: string) {
    this.#database = new ReservedDatabase(path);
    this.#database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;',
    );
    this.#database.migrate(MIGRATIONS);
  }

  /** Inserts it, and forgets that it was a leftover. */
  addContainer({ record, state }: StoredContainer): void {
    this.#transaction(() => {
      this.#run(
        'INSERT INTO containers (id, name, record, state) VALUES (?, ?, ?, ?)',
        record.id,
        record.name,
        encodeJson(record),
        encodeJson(state),
      );
      this.#run("DELETE FROM leftovers WHERE kind = 'container' AND id = ?", record.id);
    });
  }

  /** What has happened has happened: on a full disk it is written when there is room again. */
  saveState(id: string, state: StateRecord): void {
    this.#unsaved.delete(id);
    const text = encodeJson(state);
    try {
      this.#saveState(id, text);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#unsaved.set(id, text);
      this.#retry ??= setInterval(() => this.#saveUnsaved(), RETRY_MS).unref();
    }
  }

  /** What is asked of a container, together with what is. */
  saveContainer({ record, state }: StoredContainer): void {
    this.#transaction(() => {
      this.saveRecord(record);
      this.#unsaved.delete(record.id);
      this.#saveState(record.id, encodeJson(state));
    });
  }

  saveRecord(record: ContainerRecord): void {
    const { id, name } = record;
    this.#run('UPDATE containers SET name = ?, record = ? WHERE id = ?', name, encodeJson(record), id);
  }

  /** Forgets the container and the volumes; all become leftovers until {@link removeLeftover}. */
  removeContainer(id: string, volumes: readonly string[]): void {
    this.#transaction(() => {
      this.#run('DELETE FROM containers WHERE id = ?', id);
      this.#addLeftover({ kind: 'container', id });
      for (const name of volumes) this.#removeVolume(name);
    });
  }

  containers(): StoredContainer[] {
    const rows = this.#all('SELECT record, state FROM containers ORDER BY rowid');
    return rows.map(row => ({
      record: upgradeRecord(decodeJson(String(row.record)) as ContainerRecord),
      state: upgradeState(decodeJson(String(row.state)) as StateRecord),
    }));
  }

  saveExec(id: string, containerId: string, record: unknown): void {
    this.#run(
      'INSERT INTO execs (id, container_id, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
      id,
      containerId,
      encodeJson(record),
    );
  }

  removeExecs(containerId: string): void {
    this.#run('DELETE FROM execs WHERE container_id = ?', containerId);
  }

  removeExec(id: string): void {
    this.#run('DELETE FROM execs WHERE id = ?', id);
  }

  execs(containerId: string): unknown[] {
    const rows = this.#all('SELECT record FROM execs WHERE container_id = ? ORDER BY rowid', containerId);
    return rows.map(row => decodeJson(String(row.record)));
  }

  saveVolume(name: string, record: unknown): void {
    this.#run(
      'INSERT INTO volumes (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record',
      name,
      encodeJson(record),
    );
  }

  removeVolume(name: string): void {
    this.#transaction(() => this.#removeVolume(name));
  }

  volumes(): unknown[] {
    return this.#all('SELECT record FROM volumes ORDER BY name').map(row => decodeJson(String(row.record)));
  }

  saveNetwork(id: string, name: string, record: unknown): void {
    this.#run(
      'INSERT INTO networks (id, name, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
      id,
      name,
      encodeJson(record),
    );
  }

  removeNetwork(id: string): void {
    this.#run('DELETE FROM networks WHERE id = ?', id);
  }

  networks(): unknown[] {
    return this.#all('SELECT record FROM networks ORDER BY rowid').map(row => decodeJson(String(row.record)));
  }

  addLeftover(leftover: Leftover): void {
    this.#addLeftover(leftover);
  }

  removeLeftover({ kind, id }: Leftover): void {
    this.#run('DELETE FROM leftovers WHERE kind = ? AND id = ?', kind, id);
  }

  leftovers(): Leftover[] {
    return this.#all('SELECT kind, id FROM leftovers').map(row => ({ ...row }) as Leftover);
  }

  property(key: string): string | undefined {
    const [row] = this.#all('SELECT value FROM properties WHERE key = ?', key);
    return row === undefined ? undefined : String(row.value);
  }

  setProperty(key: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO properties (key, value) VALUES (?, ?)', key, value);
  }

  /** What a layer that is kept uncompressed was last sent as. */
  compressedLayer(digest: string): Descriptor | undefined {
    const [row] = this.#all('SELECT descriptor FROM compressed_layers WHERE digest = ?', digest);
    return row === undefined ? undefined : (decodeJson(String(row.descriptor)) as Descriptor);
  }

  /** The last few thousand are kept. On a full disk it is not noted, which costs the next push some work. */
  saveCompressedLayer(digest: string, descriptor: Descriptor): void {
    try {
      this.#transaction(() => {
        this.#run(
          'INSERT OR REPLACE INTO compressed_layers (digest, descriptor) VALUES (?, ?)',
          digest,
          encodeJson(descriptor),
        );
        this.#run(
          'DELETE FROM compressed_layers WHERE rowid <= (SELECT max(rowid) FROM compressed_layers) - ?',
          MAXIMUM_COMPRESSED,
        );
      });
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  close(): void {
    clearInterval(this.#retry);
    this.#statements.clear();
    this.#database.close();
  }

  #saveState(id: string, state: string): void {
    this.#run('UPDATE containers SET state = ? WHERE id = ?', state, id);
  }

  #saveUnsaved(): void {
    try {
      for (const [id, state] of this.#unsaved) {
        this.#saveState(id, state);
        this.#unsaved.delete(id);
      }
    } catch (error) {
      if (isFull(error)) return;
      throw error;
    }
    clearInterval(this.#retry);
    this.#retry = undefined;
  }

  #removeVolume(name: string): void {
    this.#run('DELETE FROM volumes WHERE name = ?', name);
    this.#addLeftover({ kind: 'volume', id: name });
  }

  #addLeftover({ kind, id }: Leftover): void {
    this.#run('INSERT OR IGNORE INTO leftovers (kind, id) VALUES (?, ?)', kind, id);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: Values): void {
    this.#prepare(sql).run(...values);
  }

  #all(sql: string, ...values: Values): Record<string, unknown>[] {
    return this.#prepare(sql).all(...values);
  }

  #transaction(work: () => void): void {
    this.#database.transaction(work);
  }
}
