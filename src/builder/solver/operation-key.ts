import { createHash } from 'node:crypto';
import type { Digest } from '../../base/digest.ts';

/** Changes when operations come to mean something else. */
const VERSION = 1;
/** Enough to tell whether something has changed. */
const MARK_LENGTH = 16;

/** What an operation is known by: all that its result depends on, in an order that is always the same. */
export function operationKey(kind: string, inputs: unknown): Digest {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify([VERSION, kind, inputs]))
    .digest('hex')}`;
}

/** The layers below. */
export const BELOW = 'what it is built on';

/** What COPY takes, by its content: undefined where it is clear without looking at it. */
export const COPIED = 'files that are copied';

/** An operation, with what went into it: for telling why it was not known. */
export type Operation = {
  kind: 'run' | 'copy';
  key: Digest;
  /** By their names in words; the values are marks, by which a change is seen, but nothing else. */
  inputs: Readonly<Record<string, string>>;
  /** Paths of files that it takes, and their marks; undefined where they are too many, or nobody looked at them. */
  files?: ReadonlyMap<string, string> | undefined;
};

/** What is undefined is left out. */
export function inputMarks(values: Readonly<Record<string, unknown>>): Operation['inputs'] {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, markOf(value)]])),
  );
}

function markOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, MARK_LENGTH);
}
