import { EngineError } from '../../base/errors.ts';
import type { TraceRow } from './simulate-burst.ts';

/** A day. */
const MAX_SECONDS = 86_400;
const MAX_CORES = 100_000;

/**
 * A trace: a line for each second, `DEMAND[,OTHERS]` in cores, separated by comma or blanks. Empty lines and those that
 * begin with `#` are left out.
 * @throws EngineError invalid-parameter with the line's number
 */
export function parseTrace(text: string): TraceRow[] {
  const rows = text.split('\n').flatMap((line, index) => {
    const content = line.trim();
    return content === '' || content.startsWith('#') ? [] : [parseRow(content, index + 1)];
  });
  if (rows.length === 0) throw invalid('the trace has no seconds');
  if (rows.length > MAX_SECONDS) throw invalid(`the trace has more than ${MAX_SECONDS} seconds`);
  return rows;
}

function parseRow(line: string, number: number): TraceRow {
  const values = line.split(/[\s,;]+/).map(Number);
  const isValid = values.length <= 2 && values.every(value => value >= 0 && value <= MAX_CORES);
  if (!isValid) throw invalid(`line ${number} of the trace is not DEMAND[,OTHERS] in cores: ${line}`);
  return { demandCores: values[0] ?? 0, othersCores: values[1] ?? 0 };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
