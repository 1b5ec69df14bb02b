/** The syntax tree of a Go template (text/template). */
export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: Node[]; otherwise: Node[] }
  | { kind: 'break' | 'continue' };

/** Commands joined by `|`, their result perhaps kept in variables. */
export type Pipeline = {
  variables: string[];
  /** `$x = …` for a variable that exists, instead of `$x := …`. */
  assigns: boolean;
  commands: Command[];
};

/** Where something stands in the template, for errors: its text, and the offset that Go reports. */
export type Place = { text: string; offset: number };

/** A function or field with its arguments, or one operand alone. */
export type Command = { operands: Operand[]; place: Place };

export type Operand = { place: Place } & (
  | { kind: 'dot' | 'nil' }
  | { kind: 'field'; names: string[] }
  | { kind: 'variable'; name: string; names: string[] }
  | { kind: 'function'; name: string }
  | { kind: 'literal'; value: string | number | boolean }
  | { kind: 'pipeline'; pipeline: Pipeline; names: string[] }
);

/** A template that cannot be parsed or executed, in Go's wording. */
export class TemplateError extends Error {}
