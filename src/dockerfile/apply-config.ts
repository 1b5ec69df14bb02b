import { posix } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { checkPathLength } from '../base/path-length.ts';
import { signalNumber } from '../base/signal-number.ts';
import type { ContainerDefaults } from '../oci/image-config.ts';
import { invalid } from './dockerfile-error.ts';
import type { CommandLine, ConfigInstruction, KeyValue } from './instruction.ts';
import { withHeredocs } from './parse-instruction.ts';
import { expandWord, expandWords, type Variables } from './shell-lexer.ts';

export type ApplyOptions = {
  /** What the instruction's variables are replaced by; ENV's own come on top. */
  variables: Variables;
  escape: string;
  /** What CMD and ENTRYPOINT without words stand for: for BuildKit the shell with an empty text. */
  emptyCommand: 'none' | 'shell';
};

export const DEFAULT_SHELL = ['/bin/sh', '-c'];
/** As many as there are, which is more than any image needs. */
const MAX_PORTS = 65_535;

/**
 * A configuration with one instruction applied; the given one stays as it is.
 * @throws EngineError invalid-parameter, without a place
 */
export function applyConfig(
  config: ContainerDefaults,
  instruction: ConfigInstruction,
  { variables, escape, emptyCommand }: ApplyOptions,
): ContainerDefaults {
  const expand = (text: string): string => processed(text, variables, escape);
  const words = (command: CommandLine): string[] | null =>
    command.form === 'shell' && command.text === '' && emptyCommand === 'none'
      ? null
      : argumentsOf(command, config);
  switch (instruction.kind) {
    case 'env':
      return {
        ...config,
        Env: withVariables(config.Env ?? [], expandPairs('ENV', instruction.pairs, expand)),
      };
    case 'label': {
      const labels = expandPairs('LABEL', instruction.pairs, expand);
      return { ...config, Labels: { ...config.Labels, ...Object.fromEntries(labels) } };
    }
    case 'maintainer':
      return config;
    case 'expose':
      return { ...config, ExposedPorts: exposed(config, instruction.ports, { variables, escape }) };
    case 'volume': {
      const paths = instruction.paths.map(expand);
      if (paths.includes('')) throw invalid('VOLUME specified can not be an empty string');
      return {
        ...config,
        Volumes: { ...config.Volumes, ...Object.fromEntries(paths.map(path => [path, {}])) },
      };
    }
    case 'user':
      return { ...config, User: expand(instruction.user) };
    case 'stopsignal':
      return { ...config, StopSignal: stopSignal(expand(instruction.signal)) };
    case 'cmd':
      return { ...config, Cmd: words(instruction.command) };
    case 'entrypoint':
      return { ...config, Entrypoint: words(instruction.command) };
    case 'shell':
      return { ...config, Shell: instruction.shell };
    case 'healthcheck':
      return { ...config, Healthcheck: instruction.healthcheck };
    case 'onbuild':
      return { ...config, OnBuild: [...(config.OnBuild ?? []), instruction.expression] };
    case 'workdir':
      return { ...config, WorkingDir: workingDirectory(config, expand(instruction.path)) };
  }
}

/** @throws EngineError that names the text */
function processed(text: string, variables: Variables, escape: string): string {
  try {
    return expandWord(text, variables, { escape });
  } catch (cause) {
    throw invalid(`failed to process ${JSON.stringify(text)}: ${messageOf(cause)}`, { cause });
  }
}

/** @throws EngineError invalid-parameter for what is no signal */
function stopSignal(text: string): string {
  signalNumber(text);
  return text;
}

/** What is executed: a list as it is, null for an empty one, text by the shell. */
export function argumentsOf(command: CommandLine, { Shell }: ContainerDefaults): string[] | null {
  if (command.form === 'exec') return command.list.length === 0 ? null : command.list;
  return [...(Shell?.length ? Shell : DEFAULT_SHELL), withHeredocs(command.text, command.heredocs)];
}

/** `NAME=value` entries with some replaced, or added behind. */
function withVariables(env: readonly string[], pairs: readonly (readonly [string, string])[]): string[] {
  const variables = variablesOf(env);
  for (const [name, value] of pairs) variables.set(name, value);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

/** `NAME=value` entries by name. */
export function variablesOf(env: readonly string[] | null | undefined): Map<string, string> {
  return new Map(
    (env ?? []).map(entry => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

function expandPairs(
  keyword: string,
  pairs: readonly KeyValue[],
  expand: (text: string) => string,
): [string, string][] {
  return pairs.map(({ name, value }) => {
    const expanded = expand(name);
    if (expanded === '') throw invalid(`${keyword} names can not be blank`);
    return [expanded, expand(value)];
  });
}

/** Relative to the one before. */
function workingDirectory({ WorkingDir }: ContainerDefaults, path: string): string {
  for (const each of [WorkingDir ?? '', path]) checkPathLength(each);
  return posix.resolve('/', WorkingDir || '/', path);
}

function exposed(
  config: ContainerDefaults,
  ports: readonly string[],
  { variables, escape }: Pick<ApplyOptions, 'variables' | 'escape'>,
): Record<string, object> {
  const words = ports.flatMap(port => expandWords(port, variables, { escape }));
  const ranges = [...new Set(words)].map(portRange);
  checkPorts(ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0));
  const before = config.ExposedPorts ?? {};
  // A copy of as many as there may be takes long.
  const fresh = ranges.flatMap(portsOf).filter(port => !Object.hasOwn(before, port));
  if (fresh.length === 0) return before;
  const exposed: Record<string, object> = { ...before };
  for (const port of fresh) exposed[port] = {};
  checkPorts(Object.keys(exposed).length);
  return exposed;
}

function checkPorts(count: number): void {
  if (count > MAX_PORTS) throw invalid(`too many exposed ports: ${count}`);
}

type PortRange = { start: number; end: number; protocol: string };

/** `80`, `53/udp`, `8000-8002/tcp`; where on the host it might be published, before a colon, is of no meaning. */
function portRange(word: string): PortRange {
  const [ports = '', protocol = ''] = word.slice(word.lastIndexOf(':') + 1).split('/', 2);
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(ports);
  const start = Number(match?.[1]);
  const end = Number(match?.[2] ?? start);
  if (match === null || end < start || end > 65_535) throw invalid(`Invalid containerPort: ${word}`);
  if (!/^(?:tcp|udp|sctp|)$/i.test(protocol)) throw invalid(`Invalid proto: ${protocol}`);
  return { start, end, protocol: protocol.toLowerCase() || 'tcp' };
}

function portsOf({ start, end, protocol }: PortRange): string[] {
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol}`);
}
