import { EngineError, errorCode } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { type ContainerRecord, listRecords, stateOf } from '../container-record.ts';
import { flagSet, flagText } from '../flags.ts';
import { print } from '../print.ts';

type Row = ReturnType<typeof stateOf>;

export const list: Command = {
  usage: '',
  summary: 'lists containers started by the runtime with the given root',
  flags: {
    format: { type: 'string', short: 'f', usage: 'select one of: table or json (default: "table")' },
    quiet: { type: 'boolean', short: 'q', usage: 'display only container IDs' },
  },
  args: { min: 0 },
  async run({ root, rootGiven }, flags) {
    const rows = records(root, rootGiven).map(record => stateOf(root, record));
    const format = flagText(flags, 'format') ?? 'table';
    if (flagSet(flags, 'quiet')) print(rows.map(({ id }) => `${id}\n`).join(''));
    else if (format === 'table') print(table(rows));
    else if (format === 'json') print(`${rows.length > 0 ? JSON.stringify(rows) : 'null'}\n`);
    else throw new EngineError('invalid-parameter', `invalid format option`);
    return 0;
  },
};

/** A default root that is missing counts as empty; one that was asked for has to be there. */
function records(root: string, given: boolean): ContainerRecord[] {
  try {
    return listRecords(root);
  } catch (error) {
    if (!given && errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Columns at least 12 wide, 3 spaces between. */
function table(rows: readonly Row[]): string {
  const lines = [
    ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'],
    ...rows.map(({ id, pid, status, bundle, created, owner }) => [
      id,
      String(pid),
      status,
      bundle,
      created,
      owner || 'root',
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(12, ...lines.map(line => line[column]!.length + 3)));
  return lines
    .map(line => line.map((cell, at) => (at < line.length - 1 ? cell.padEnd(widths[at]!) : cell)).join(''))
    .map(line => `${line}\n`)
    .join('');
}
