import { formatGoDuration } from '../../base/go/format-duration.ts';
import { applyConfig, argumentsOf, variablesOf } from '../../dockerfile/apply-config.ts';
import type { ConfigInstruction, StageStep } from '../../dockerfile/instruction.ts';
import type { ContainerDefaults, Healthcheck } from '../../oci/image-config.ts';
import type { Dialect } from '../stage-state.ts';

export type Described = {
  step: StageStep;
  /** After the step. */
  config: ContainerDefaults;
  /** For a RUN: the arguments that it sees. */
  args: ReadonlyMap<string, string>;
  /** For a RUN: what is executed. */
  command: readonly string[];
  dialect: Dialect;
  /** Of the Dockerfile. */
  escape: string;
};

/** What an image's history says of a step. */
export function createdBy(described: Described): string {
  const { step, config, args, command, dialect, escape } = described;
  const isClassic = dialect === 'classic';
  if (step.kind === 'run') {
    const given = [...args].map(([name, value]) => `${name}=${value}`).sort();
    const words = [...(given.length === 0 ? [] : [`|${given.length}`, ...given]), ...command].join(' ');
    return isClassic ? words : `RUN ${words} # buildkit`;
  }
  const text = textOf({ step, config, args, escape });
  if (!isClassic) return step.kind === 'copy' || step.kind === 'add' ? `${text} # buildkit` : text;
  const shell = [...(config.Shell?.length ? config.Shell : ['/bin/sh', '-c'])].join(' ');
  return `${shell} #(nop) ${step.kind === 'copy' || step.kind === 'add' ? text : ` ${text}`}`;
}

/** An instruction with its variables replaced. */
function textOf(described: Pick<Described, 'step' | 'config' | 'args' | 'escape'>): string {
  const { step, config, args } = described;
  switch (step.kind) {
    case 'cmd':
      return `CMD ${list(config.Cmd)}`;
    case 'entrypoint':
      return `ENTRYPOINT ${list(config.Entrypoint)}`;
    case 'shell':
      return `SHELL [${(config.Shell ?? []).join(' ')}]`;
    case 'env':
      return `ENV ${step.pairs.map(({ name }) => `${name}=${valueOf(config.Env, name)}`).join(' ')}`;
    case 'label':
      return `LABEL ${step.pairs.map(({ name }) => `${name}=${config.Labels?.[name] ?? ''}`).join(' ')}`;
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
      return `ARG ${step.args.map(({ name }) => (args.has(name) ? `${name}=${args.get(name)}` : name)).join(' ')}`;
    case 'copy':
    case 'add': {
      const sources = [...step.sources, ...step.inline.map(({ name }) => `<<${name}`)];
      const flags = [step.chown && `--chown=${step.chown}`, step.chmod && `--chmod=${step.chmod}`].filter(
        Boolean,
      );
      return `${step.kind.toUpperCase()} ${[...flags, ...sources, step.destination].join(' ')}`;
    }
    case 'healthcheck':
      return `HEALTHCHECK ${probe(config.Healthcheck)}`;
    case 'run':
      return `RUN ${(argumentsOf(step.command, config) ?? []).join(' ')}`;
  }
}

/** What a step says by itself. */
function alone({ step, config, args, escape }: Pick<Described, 'step' | 'config' | 'args' | 'escape'>) {
  const env = variablesOf(config.Env);
  const variables = { get: (name: string) => env.get(name) ?? args.get(name) };
  return applyConfig({}, step as ConfigInstruction, { variables, escape });
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

function valueOf(env: readonly string[] | null | undefined, name: string): string {
  return env?.find(entry => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}
