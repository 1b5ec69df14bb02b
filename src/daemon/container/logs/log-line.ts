import { captures } from '../../../base/captures.ts';
import { frame, STDERR, STDOUT } from '../../../api/frame.ts';
import { parseTime } from '../../model/clock.ts';

/** A line of a json-file log. */
export type LogLine = { log: string; stream: 'stdout' | 'stderr'; time: string };

/** Undefined for a line that is damaged (a machine that died while it was written). */
export function parseLogLine(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    return typeof line?.log === 'string' && typeof line.time === 'string' ? (line as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

export type LogSelection = {
  stdout: boolean;
  stderr: boolean;
  timestamps: boolean;
  sinceNs?: bigint;
  untilNs?: bigint;
  multiplexed: boolean;
  /** What comes before each line, a space after it; undefined for nothing. */
  attributes?: string;
};

/** What a client gets of a line; undefined when it did not ask for it; 'end' when it is later than all it wants. */
export function renderLogLine(line: LogLine, selection: LogSelection): Buffer | undefined | 'end' {
  const { sinceNs, untilNs } = selection;
  if (sinceNs !== undefined || untilNs !== undefined) {
    const timeNs = timeOf(line);
    if (sinceNs !== undefined && timeNs < sinceNs) return undefined;
    if (untilNs !== undefined && timeNs > untilNs) return 'end';
  }
  if (line.stream === 'stderr' ? !selection.stderr : !selection.stdout) return undefined;
  const time = selection.timestamps ? `${fixedTime(line.time)} ` : '';
  const attributes = selection.attributes === undefined ? '' : `${selection.attributes} `;
  const content = Buffer.from(`${time}${attributes}${line.log}`);
  return selection.multiplexed ? frame(line.stream === 'stderr' ? STDERR : STDOUT, content) : content;
}

function timeOf(line: LogLine): bigint {
  try {
    return parseTime(line.time);
  } catch {
    return 0n;
  }
}

/** With all nine decimals, so that columns line up. */
function fixedTime(time: string): string {
  const [, seconds, fraction = ''] = captures(/^(.*:\d\d)(?:\.(\d+))?Z$/, time);
  return seconds === undefined ? time : `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
