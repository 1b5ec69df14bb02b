import { expandWord } from '../../dockerfile/shell-lexer.ts';
import type { StageStep } from '../../dockerfile/instruction.ts';
import { suggestion } from '../../dockerfile/suggest.ts';
import type { Tell } from './statement-checks.ts';

/** The variables that a stage declares, by name, and whether each has a value. */
export type KnownNames = ReadonlyMap<string, boolean>;

/** Names in a text that nothing has set, in the order in which they are used; what cannot be expanded has none. */
export function unsetNames(text: string, known: KnownNames, escape: string): string[] {
  const unset = new Set<string>();
  const get = (name: string): string | undefined => {
    if (known.has(name)) return 'x';
    unset.add(name);
    return undefined;
  };
  try {
    expandWord(text, { get }, { escape });
  } catch {
    // It is told of when it is built.
  }
  return [...unset];
}

/** Tells of variables that a step uses and nothing has set. @returns what is set after the step */
export function checkVariables(
  step: StageStep,
  known: KnownNames,
  { escape, given, tell }: { escape: string; given: ReadonlyMap<string, string>; tell: Tell },
): KnownNames {
  const valued = [...known].flatMap(([name, hasValue]) => (hasValue ? [name] : []));
  for (const text of expandedTexts(step))
    for (const name of unsetNames(text, known, escape)) {
      const detail = `Usage of undefined variable '$${name}'${dollar(suggestion(name, valued))}`;
      tell('UndefinedVar', detail, step.range);
    }
  return withNames(step, known, given);
}

/** Of a suggestion: `(did you mean $PATH?)`. */
function dollar(text: string): string {
  return text.replace('mean ', 'mean $');
}

/** An ARG without a default has a value only where the build is given one. */
function withNames(step: StageStep, known: KnownNames, given: ReadonlyMap<string, string>): KnownNames {
  switch (step.kind) {
    case 'env':
      return new Map([...known, ...step.pairs.map(({ name }) => [name, true] as const)]);
    case 'arg':
      return new Map([
        ...known,
        ...step.args.map(
          ({ name, value }) =>
            [name, value !== undefined || given.has(name) || known.get(name) === true] as const,
        ),
      ]);
    default:
      return known;
  }
}

function expandedTexts(step: StageStep): string[] {
  switch (step.kind) {
    case 'env':
    case 'label':
      return step.pairs.flatMap(({ name, value }) => [name, value]);
    case 'arg':
      return step.args.flatMap(({ value }) => value ?? []);
    case 'copy':
    case 'add': {
      const inline = step.inline.flatMap(({ content, expands }) => (expands ? [unquoted(content)] : []));
      return [...step.sources, step.destination, step.chown, step.chmod, ...step.exclude, ...inline];
    }
    case 'workdir':
      return [step.path];
    case 'user':
      return [step.user];
    case 'stopsignal':
      return [step.signal];
    case 'volume':
      return step.paths;
    default:
      return [];
  }
}

/** Quotes in it are text. */
function unquoted(content: string): string {
  return content.replace(/['"]/g, '');
}
