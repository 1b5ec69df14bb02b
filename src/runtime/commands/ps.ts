import { spawnSync } from 'node:child_process';
import { EngineError } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { Command } from '../command.ts';
import { readRecord } from '../container-record.ts';
import { flagText } from '../flags.ts';
import { print } from '../print.ts';

export const ps: Command = {
  usage: '<container-id> [ps options]',
  summary: 'ps displays the processes running inside a container',
  flags: { format: { type: 'string', short: 'f', usage: 'select one of: table or json (default: "table")' } },
  args: { min: 1, max: Number.POSITIVE_INFINITY, commandLine: true },
  async run({ root }, flags) {
    const [id = '', ...options] = flags.args;
    const pids = new Cgroup(readRecord(root, id).cgroupPaths).pids();
    const format = flagText(flags, 'format') ?? 'table';
    if (format === 'json') print(`${JSON.stringify(pids)}\n`);
    else if (format === 'table') print(table(pids, options.length > 0 ? options : ['-ef']));
    else throw new EngineError('invalid-parameter', 'invalid format option');
    return 0;
  },
};

/** ps(1)'s own lines for those processes. @throws EngineError */
function table(pids: readonly number[], options: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('ps', options, { encoding: 'utf8' });
  if (error || status !== 0) throw new EngineError('system', `ps: ${error?.message ?? stderr.trim()}`);
  const [header = '', ...lines] = stdout.split('\n');
  const column = header.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new EngineError('invalid-parameter', "couldn't find PID field in ps output");
  const known = new Set(pids.map(String));
  const own = lines.filter(line => known.has(line.trim().split(/\s+/)[column] ?? ''));
  return `${[header, ...own].join('\n')}\n`;
}
