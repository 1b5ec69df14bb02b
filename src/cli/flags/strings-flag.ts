import { parseCsvLine } from '../values/csv.ts';
import type { Flag } from './flag.ts';

/** Every occurrence is a list, its elements separated by commas. */
export function strings(usage: string): Flag<string[]> {
  const set = (text: string, before: string[]) => [...before, ...parseCsvLine(text)];
  return { short: '', usage, kind: 'strings', initial: [], set };
}
