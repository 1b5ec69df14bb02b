import { formatGoDuration } from '../../base/go/format-duration.ts';
import { applyConfig, argumentsOf } from '../../dockerfile/apply-config.ts';
import type { ConfigInstruction, KeyValue, StageStep } from '../../dockerfile/instruction.ts';
import { expandWord, type Variables } from '../../dockerfile/shell-lexer.ts';
import type { Healthcheck } from '../../oci/image-config.ts';
import type { Dialect, StageState } from '../stage-state.ts';

export type Described = {
  step: StageStep;
  /** After the step. */
  state: Pick<StageState, 'config' | 'args' | 'declared'>;
  /** What variables in it are replaced by. */
  variables: Variables;
  /** For a RUN: what is executed. */
  command: readonly string[];
  dialect: Dialect;
  /** Of the Dockerfile. */
  escape: string;
};

/** What an image's history says of a step. */
export function createdBy(described: Described): string {
  const { step, state, command, dialect } = described;
  const isClassic = dialect === 'classic';
  if (step.kind === 'run') {
    const given = isClassic ? classicArguments(state) : declaredArguments(described);
    const words = [...(given.length === 0 ? [] : [`|${given.length}`, ...given]), ...command].join(' ');
    return isClassic ? words : `RUN ${words} # buildkit`;
  }
  const text = textOf(described);
  if (!isClassic) return step.kind === 'copy' || step.kind === 'add' ? `${text} # buildkit` : text;
  const shell = (state.config.Shell?.length ? state.config.Shell : ['/bin/sh', '-c']).join(' ');
  return `${shell} #(nop) ${step.kind === 'copy' || step.kind === 'add' ? text : ` ${text}`}`;
}

function classicArguments({ args }: Described['state']): string[] {
  return [...args].map(([name, value]) => `${name}=${value}`).sort();
}

function declaredArguments({ state: { declared }, variables }: Described): string[] {
  return [...declared].map(name => `${name}=${variables.get(name) ?? ''}`);
}

/** An instruction with its variables replaced. */
function textOf(described: Described): string {
  const { step, variables, escape } = described;
  const { config, args } = described.state;
  const expand = (text: string): string => expandWord(text, variables, { escape });
  const pairs = (list: readonly KeyValue[]): string =>
    list.map(({ name, value }) => `${expand(name)}=${expand(value)}`).join(' ');
  switch (step.kind) {
    case 'cmd':
      return `CMD ${list(config.Cmd)}`;
    case 'entrypoint':
      return `ENTRYPOINT ${list(config.Entrypoint)}`;
    case 'shell':
      return `SHELL [${(config.Shell ?? []).join(' ')}]`;
    case 'env':
      return `ENV ${pairs(step.pairs)}`;
    case 'label':
      return `LABEL ${pairs(step.pairs)}`;
    case 'expose':
      return `EXPOSE [${Object.keys(alone(described).ExposedPorts ?? {})
        .sort((a, b) => (a < b ? -1 : 1))
        .join(' ')}]`;
    case 'volume':
      return `VOLUME [${Object.keys(alone(described).Volumes ?? {}).join(' ')}]`;
    case 'user':
      return `USER ${config.User ?? ''}`;
    case 'workdir':
      return `WORKDIR ${config.WorkingDir ?? ''}`;
    case 'stopsignal':
      return `STOPSIGNAL ${config.StopSignal ?? ''}`;
    case 'onbuild':
      return `ONBUILD ${step.expression}`;
    case 'maintainer':
      return `MAINTAINER ${step.maintainer}`;
    case 'arg':
      if (described.dialect === 'classic') return `ARG ${step.args.map(asWritten).join(' ')}`;
      return `ARG ${step.args.map(({ name }) => (args.has(name) ? `${name}=${args.get(name)}` : name)).join(' ')}`;
    case 'copy':
    case 'add': {
      const [chown, chmod, destination] = [step.chown, step.chmod, step.destination].map(expand);
      const flags = [chown && `--chown=${chown}`, chmod && `--chmod=${chmod}`].filter(Boolean);
      const sources = [...step.sources.map(expand), ...step.inline.map(({ name }) => `<<${name}`)];
      return `${step.kind.toUpperCase()} ${[...flags, ...sources, destination].join(' ')}`;
    }
    case 'healthcheck':
      return `HEALTHCHECK ${probe(config.Healthcheck)}`;
    case 'run':
      return `RUN ${(argumentsOf(step.command, config) ?? []).join(' ')}`;
  }
}

/** The classic builder tells of defaults, not of what is given. */
function asWritten({ name, value }: { name: string; value: string | undefined }): string {
  return value === undefined ? name : `${name}=${value}`;
}

/** What a step says by itself. */
function alone({ step, variables, escape }: Described) {
  return applyConfig({}, step as ConfigInstruction, { variables, escape, emptyCommand: 'shell' });
}

function list(words: readonly string[] | null | undefined): string {
  return `[${(words ?? []).map(word => JSON.stringify(word)).join(' ')}]`;
}

/** As Go prints the structure with `%q`. */
function probe({ Test, Interval, Timeout, StartPeriod, StartInterval, Retries }: Healthcheck = {}): string {
  const times = [Interval, Timeout, StartPeriod, StartInterval].map(
    ns => `"${formatGoDuration((ns ?? 0) / 1e6)}"`,
  );
  return `&{${[list(Test), ...times, quotedCharacter(Retries ?? 0)].join(' ')}}`;
}

/** What Go has a letter for, and what it quotes with. */
const ESCAPED = new Map([
  ...Array.from('abtnvfr', (letter, index): [number, string] => [7 + index, `\\${letter}`]),
  [39, "\\'"],
  [92, '\\\\'],
]);
const MAX_CODE = 0x10ffff;

/** A number as Go prints it with `%q`: the character of that code. */
function quotedCharacter(code: number): string {
  const isControl = code < 0x20 || code === 0x7f;
  const character = isControl ? `\\x${code.toString(16).padStart(2, '0')}` : characterOf(code);
  return `'${ESCAPED.get(code) ?? character}'`;
}

function characterOf(code: number): string {
  return code > MAX_CODE ? '\ufffd' : String.fromCodePoint(code);
}
