import { EngineError } from '../../base/errors.ts';
import {
  applyOption,
  GOVERNANCE_OPTIONS,
  GOVERNANCE_PREFIX,
  noGovernance,
  type GovernanceOption,
} from '../../governor/governance.ts';
import { custom, type Flag } from '../flags/flag.ts';

type GovernanceFlags = Record<GovernanceOption, Flag<string>>;

/** The flags of `run`, `create` and `update` that annotations stand for. */
export const GOVERNANCE_FLAGS = Object.fromEntries(
  Object.entries(GOVERNANCE_OPTIONS).map(([name, { usage, kind }]) => [name, flagOf(name, usage, kind)]),
) as GovernanceFlags;

function flagOf(name: string, usage: string, kind: string): Flag<string> {
  const add = (text: string, before: string) =>
    kind === 'list' && before !== '' && text !== '' ? `${before},${text}` : text;
  return custom({
    short: '',
    usage,
    kind,
    initial: '',
    set: (text, before) => checked(name, add(text, before)),
  });
}

/** @throws Error with the reason alone: the flag's name is put before it */
function checked(name: string, text: string): string {
  try {
    applyOption(noGovernance(), name, text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new Error(error.message.slice(error.message.indexOf(': ') + 2), { cause: error });
  }
  return text;
}

/** The annotations that the flags stand for, those that were written; undefined for none. */
export function governanceAnnotations(
  values: Readonly<Record<GovernanceOption, string>>,
  changed: ReadonlySet<string>,
): Record<string, string> | undefined {
  const names = (Object.keys(GOVERNANCE_OPTIONS) as GovernanceOption[]).filter(name => changed.has(name));
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map(name => [`${GOVERNANCE_PREFIX}${name}`, values[name]]));
}
