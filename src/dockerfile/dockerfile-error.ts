import { EngineError, type ErrorKind } from '../base/errors.ts';

/** Lines of a Dockerfile, counted from 1, both included. */
export type LineRange = { start: number; end: number };

/** What is wrong with a Dockerfile, or with what one of its instructions did, and where that is written. */
export class DockerfileError extends EngineError {
  readonly range: LineRange;
  /** Set by who knows the file. */
  source: { name: string; text: string } | undefined;

  constructor(message: string, range: LineRange, options: { kind?: ErrorKind; cause?: unknown } = {}) {
    super(options.kind ?? 'invalid-parameter', message, { cause: options.cause });
    this.range = range;
  }
}

/** A failure while an instruction is read, in Docker's words. */
export function parseError(message: string, range: LineRange): DockerfileError {
  return new DockerfileError(`dockerfile parse error on line ${range.start}: ${message}`, range);
}

/** What instructions' parsers throw: it gets its place from who knows the line. */
export function invalid(message: string, options: ErrorOptions = {}): EngineError {
  return new EngineError('invalid-parameter', message, options);
}

/** Lines around the marked ones that are shown, at least, as BuildKit does. */
const CONTEXT_LINES = 2;
const LEAST_LINES = 5;
const RULE = '--------------------';
/** How much of a line is shown. */
const SHOWN_LENGTH = 300;

/** The lines of a Dockerfile around a place, the place itself marked, as `docker buildx build` prints them. */
export function renderSource(name: string, text: string, { start, end }: LineRange): string {
  const lines = text.split('\n');
  if (start < 1 || start > lines.length) return '';
  const last = Math.min(Math.max(end, start), lines.length);
  let [from, to] = [start, last];
  for (let padding = 0; padding < CONTEXT_LINES || to - from + 1 < LEAST_LINES; padding++) {
    const before = to - from;
    from = Math.max(from - 1, 1);
    to = Math.min(to + 1, lines.length);
    if (to - from === before) break;
  }
  const shown = lines.slice(from - 1, to).map((line, index) => {
    const number = from + index;
    const mark = number >= start && number <= last ? '>>>' : '   ';
    return ` ${String(number).padStart(3)} | ${mark} ${shorten(line.replace(/\r$/, ''))}`;
  });
  return [`${name}:${start}`, RULE, ...shown, RULE, ''].join('\n');
}

function shorten(line: string): string {
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line;
}
