import { makePrivateDatabase } from '../../base/private-files.ts';
import { ReservedDatabase } from '../../base/reserved-database.ts';
import { BELOW, COPIED, type Operation } from './operation-key.ts';

/** Of all projects together; what is beyond that is forgotten, oldest first. */
const MAX_RECORDS = 5000;
const MAX_BYTES = 32 * 1024 * 1024;
/** Of changed files, in what is said of a step. */
const NAMED_FILES = 5;

const TABLE = `
CREATE TABLE IF NOT EXISTS steps (
  project TEXT NOT NULL,
  stage TEXT NOT NULL,
  instruction TEXT NOT NULL,
  place INTEGER NOT NULL,
  inputs TEXT NOT NULL,
  files TEXT,
  built_at_ms INTEGER NOT NULL,
  PRIMARY KEY (project, stage, instruction)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS steps_by_place ON steps (project, stage, place);
CREATE INDEX IF NOT EXISTS steps_by_time ON steps (built_at_ms);
`;

/** Where a step stands: by that it is the same step in the next build. */
export type StepPlace = {
  /** What the client calls its context from one build to the next; '' where it does not say. */
  project: string;
  /** The stage's name or number, and its platform. */
  stage: string;
  /** As it is written. */
  instruction: string;
  /** Its number in the stage. */
  place: number;
};

type Row = { instruction: string; inputs: string; files: string | null };

/** What steps were made of when they were built last: what tells why one is built anew. */
export class StepRecords {
  readonly #database: ReservedDatabase;

  /** @param path ':memory:' for none that last */
  constructor(path: string) {
    if (path !== ':memory:') makePrivateDatabase(path);
    this.#database = new ReservedDatabase(path, { timeout: 5000 });
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${TABLE}`);
  }

  /** Why an operation was not found in the cache: what has changed since the step was built last. */
  reason(step: StepPlace, operation: Operation): string {
    const same = this.#find('instruction = ?', step, step.instruction);
    if (same !== undefined) return changes(same, operation);
    const there = this.#find('place = ?', step, step.place);
    return there === undefined ? 'not built before' : `the instruction was: ${there.instruction}`;
  }

  #find(condition: string, { project, stage }: StepPlace, value: string | number): Row | undefined {
    return this.#database
      .prepare(
        `SELECT instruction, inputs, files FROM steps WHERE project = ? AND stage = ? AND ${condition}
         ORDER BY built_at_ms DESC LIMIT 1`,
      )
      .get(project, stage, value) as Row | undefined;
  }

  /** Files that nobody has looked at, as it was clear what they are, stay what they were. */
  record(step: StepPlace, { kind, inputs, files }: Operation): void {
    const { project, stage, instruction, place } = step;
    const isUnseen = kind === 'copy' && inputs[COPIED] === undefined;
    const before = isUnseen ? this.#find('instruction = ?', step, instruction) : undefined;
    const { [COPIED]: copied } = JSON.parse(before?.inputs ?? '{}') as Record<string, string>;
    const all = copied === undefined ? inputs : { ...inputs, [COPIED]: copied };
    this.#database
      .prepare(
        `INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET place = excluded.place,
         inputs = excluded.inputs, files = coalesce(excluded.files, files), built_at_ms = excluded.built_at_ms`,
      )
      .run(
        project,
        stage,
        instruction,
        place,
        JSON.stringify(all),
        files === undefined ? null : JSON.stringify(Object.fromEntries(files)),
        Date.now(),
      );
  }

  /** Forgets the oldest beyond what is kept. */
  trim(): void {
    const bytes = 'octet_length(instruction) + octet_length(inputs) + coalesce(octet_length(files), 0)';
    this.#database
      .prepare(
        `DELETE FROM steps WHERE built_at_ms <= (SELECT max(built_at_ms) FROM (
           SELECT built_at_ms, row_number() OVER newest AS number, sum(${bytes}) OVER newest AS total
           FROM steps WINDOW newest AS (ORDER BY built_at_ms DESC)
         ) WHERE number > ${MAX_RECORDS} OR total > ${MAX_BYTES})`,
      )
      .run();
  }

  close(): void {
    this.#database.close();
  }
}

function changes(before: Row, { inputs, files }: Operation): string {
  const old = JSON.parse(before.inputs) as Record<string, string>;
  const changed = Object.keys(inputs).filter(name => old[name] !== inputs[name]);
  const gone = Object.keys(old).filter(name => name.startsWith('variable ') && inputs[name] === undefined);
  const names = [...changed, ...gone];
  const own = names.filter(name => name !== BELOW);
  if (names.length === 0) return 'nothing has changed, but its result is no longer in the cache';
  if (own.length === 0) return `changed: ${BELOW}`;
  const listed = before.files === null || files === undefined ? '' : changedFiles(before.files, files);
  return `changed: ${own.join(', ')}${listed}`;
}

function changedFiles(before: string, files: ReadonlyMap<string, string>): string {
  const old = new Map(Object.entries(JSON.parse(before) as Record<string, string>));
  const named = [
    ...[...files].flatMap(([path, mark]) => {
      const known = old.get(path);
      if (known === mark) return [];
      return [known === undefined ? `${path} (new)` : path];
    }),
    ...[...old.keys()].filter(path => !files.has(path)).map(path => `${path} (gone)`),
  ];
  if (named.length === 0) return '';
  const more = named.length > NAMED_FILES ? ` and ${named.length - NAMED_FILES} more` : '';
  return ` (${named.slice(0, NAMED_FILES).join(', ')}${more})`;
}
