import { type Digest, digestOf } from '../../base/digest.ts';
import { makePrivateDatabase } from '../../base/private-files.ts';
import { ReservedDatabase } from '../../base/reserved-database.ts';
import type { KeptStatuses, Status } from './kept-statuses.ts';
import { BUILD_LOG, BUILD_RECORD } from '../../buildkit/messages.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';

export type BuildRecord = Partial<MessageOf<typeof BUILD_RECORD>> & { ref: string };

/** What became of a build: BuildKit's event types. */
export type HistoryEvent = { type: 'started' | 'complete' | 'deleted'; record: BuildRecord };

/** A build that is over. */
export type FinishedBuild = {
  record: BuildRecord;
  statuses: KeptStatuses;
  /** How it has come about: predicates of statements, by their types. */
  attestations: readonly { predicateType: string; predicate: unknown }[];
};

/** As BuildKit keeps them, where nobody says otherwise. */
const MAX_BUILDS = 50;
const MAX_AGE_MS = 48 * 60 * 60 * 1000;
/** Of one build's log. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

const TABLES = `
CREATE TABLE IF NOT EXISTS builds (
  ref TEXT PRIMARY KEY,
  completed_at_ms INTEGER NOT NULL,
  is_pinned INTEGER NOT NULL,
  record BLOB NOT NULL,
  log BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS contents (
  digest TEXT NOT NULL,
  ref TEXT NOT NULL REFERENCES builds (ref) ON DELETE CASCADE,
  data BLOB NOT NULL,
  PRIMARY KEY (digest, ref)
) STRICT;
`;

/** The builds of the last two days, 50 at most, with what they have said: `docker buildx history`. */
export class BuildHistory {
  readonly #database: ReservedDatabase;
  readonly #active = new Map<string, BuildRecord>();
  readonly #listeners = new Set<(event: HistoryEvent) => void>();

  /** @param path ':memory:' for one that does not last */
  constructor(path: string) {
    if (path !== ':memory:') makePrivateDatabase(path);
    this.#database = new ReservedDatabase(path, { timeout: 5000 });
    this.#database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; ${TABLES}`,
    );
  }

  begin(record: BuildRecord): void {
    this.#active.set(record.ref, record);
    this.#tell({ type: 'started', record });
  }

  /** Old ones go. */
  complete({ record: told, statuses, attestations }: FinishedBuild): void {
    const contents = attestations.map(({ predicateType, predicate }) => contentOf(predicateType, predicate));
    const results = { attestations: contents.map(({ descriptor }) => descriptor) };
    const record = { ...told, ...stepsOf(statuses), ...(contents.length === 0 ? {} : { result: results }) };
    const { ref, completedAt = Date.now() } = record;
    this.#database.transaction(() => {
      this.#database
        .prepare('INSERT OR REPLACE INTO builds VALUES (?, ?, 0, ?, ?)')
        .run(ref, Math.round(completedAt), BUILD_RECORD.encode(record), logOf(statuses));
      for (const { descriptor, data } of contents)
        this.#database
          .prepare('INSERT OR REPLACE INTO contents VALUES (?, ?, ?)')
          .run(descriptor.digest, ref, data);
      this.#forgetOld();
    });
    this.#active.delete(ref);
    this.#tell({ type: 'complete', record });
  }

  /** A build that nobody is to be told of any more. */
  forgetActive(ref: string): void {
    this.#active.delete(ref);
  }

  #forgetOld(): void {
    this.#database
      .prepare('DELETE FROM builds WHERE is_pinned = 0 AND completed_at_ms < ?')
      .run(Date.now() - MAX_AGE_MS);
    this.#database
      .prepare(
        `DELETE FROM builds WHERE is_pinned = 0 AND ref NOT IN
           (SELECT ref FROM builds WHERE is_pinned = 0 ORDER BY completed_at_ms DESC LIMIT ?)`,
      )
      .run(MAX_BUILDS);
  }

  /** Of all, or of the one build: what goes on first, then the latest. */
  events({ ref, activeOnly }: { ref: string; activeOnly: boolean }): HistoryEvent[] {
    const active = [...this.#active.values()].map(record => ({ type: 'started' as const, record }));
    const complete = activeOnly ? [] : this.#records().map(record => ({ type: 'complete' as const, record }));
    return [...active, ...complete].filter(({ record }) => ref === '' || record.ref === ref);
  }

  #records(): BuildRecord[] {
    const rows = this.#database
      .prepare('SELECT record, is_pinned FROM builds ORDER BY completed_at_ms DESC')
      .all() as { record: Uint8Array; is_pinned: number }[];
    return rows.map(row => ({ ...BUILD_RECORD.decode(row.record), pinned: row.is_pinned === 1 }));
  }

  /** Calls `listener` from now on, until the function that this returns is called. */
  listen(listener: (event: HistoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What a build has said; undefined for one that is not known. */
  log(ref: string): Status[] | undefined {
    const row = this.#database.prepare('SELECT log FROM builds WHERE ref = ?').get(ref) as
      | { log: Uint8Array }
      | undefined;
    return row === undefined
      ? undefined
      : BUILD_LOG.decode(row.log).statuses.filter(status => status !== undefined);
  }

  content(digest: string): Uint8Array | undefined {
    const row = this.#database.prepare('SELECT data FROM contents WHERE digest = ?').get(digest) as
      | { data: Uint8Array }
      | undefined;
    return row?.data;
  }

  /** @returns whether there is such a build */
  pin(ref: string, isPinned: boolean): boolean {
    const { changes } = this.#database
      .prepare('UPDATE builds SET is_pinned = ? WHERE ref = ?')
      .run(isPinned ? 1 : 0, ref);
    return changes > 0;
  }

  /** @returns whether there was such a build */
  remove(ref: string): boolean {
    const { changes } = this.#database.prepare('DELETE FROM builds WHERE ref = ?').run(ref);
    if (changes > 0) this.#tell({ type: 'deleted', record: { ref } });
    return changes > 0;
  }

  #tell(event: HistoryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  close(): void {
    this.#database.close();
  }
}

function contentOf(predicateType: string, predicate: unknown) {
  const data = Buffer.from(JSON.stringify(predicate));
  const digest: Digest = digestOf(data);
  const annotations = { 'in-toto.io/predicate-type': predicateType };
  return {
    descriptor: { mediaType: 'application/vnd.in-toto+json', digest, size: data.length, annotations },
    data,
  };
}

/** How many steps there were, and what was found in them. */
function stepsOf(statuses: KeptStatuses) {
  const steps = new Map<string, { cached: boolean; completed: boolean }>();
  let numWarnings = 0;
  for (const { vertexes = [], warnings = [] } of statuses) {
    numWarnings += warnings.length;
    for (const vertex of vertexes) {
      if (vertex?.digest === undefined) continue;
      const { cached = false, completed, error = '' } = vertex;
      steps.set(vertex.digest, { cached, completed: completed !== undefined && error === '' });
    }
  }
  const all = [...steps.values()];
  return {
    numTotalSteps: all.length,
    numCachedSteps: all.filter(({ cached }) => cached).length,
    numCompletedSteps: all.filter(({ completed }) => completed).length,
    numWarnings,
  };
}

/** What steps have said is left out from where there is too much of it; which steps there were is not. */
function logOf(statuses: KeptStatuses): Uint8Array {
  let length = 0;
  const kept = [...statuses].filter(({ logs = [] }) => {
    length += logs.reduce((sum, log) => sum + (log?.data?.length ?? 0), 0);
    return logs.length === 0 || length <= MAX_LOG_BYTES;
  });
  return BUILD_LOG.encode({ statuses: kept });
}
