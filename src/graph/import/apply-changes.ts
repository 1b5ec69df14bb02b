import { posix } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { own } from '../../base/own.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import type { ContainerDefaults } from '../../oci/image-config.ts';
import { parseHealthcheck } from './healthcheck-instruction.ts';
import { shellWords } from './shell-words.ts';
import { checkPathLength } from '../../base/path-length.ts';

type Instruction = (config: ContainerDefaults, rest: string) => void;

const INSTRUCTIONS: Record<string, Instruction> = {
  CMD: (config, rest) => {
    config.Cmd = command(rest);
  },
  ENTRYPOINT: (config, rest) => {
    config.Entrypoint = command(rest);
  },
  ENV: (config, rest) => {
    const environment = environmentOf(config);
    for (const [name, value] of keyValues('ENV', rest, environment)) environment.set(name, value);
    config.Env = [...environment].map(([name, value]) => `${name}=${value}`);
  },
  LABEL: (config, rest) => {
    const labels = keyValues('LABEL', rest, environmentOf(config));
    config.Labels = { ...config.Labels, ...Object.fromEntries(labels) };
  },
  EXPOSE: (config, rest) => {
    const ranges = [...new Set(words(config, 'EXPOSE', rest))].map(portRange);
    checkPorts(ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0));
    const before = config.ExposedPorts ?? {};
    const added = ranges.flatMap(portsOf).filter(port => !Object.hasOwn(before, port));
    checkPorts(Object.keys(before).length + added.length);
    const ports: Record<string, object> = { ...before };
    for (const port of added) ports[port] = {};
    config.ExposedPorts = ports;
  },
  VOLUME: (config, rest) => {
    const paths = jsonList(rest) ?? words(config, 'VOLUME', rest);
    if (paths.some(path => path.trim() === '')) throw invalid('VOLUME specified can not be an empty string');
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map(path => [path, {}])) };
  },
  USER: (config, rest) => {
    config.User = oneWord(config, 'USER', rest);
  },
  STOPSIGNAL: (config, rest) => {
    config.StopSignal = oneWord(config, 'STOPSIGNAL', rest);
  },
  WORKDIR: (config, rest) => {
    const directory = oneWord(config, 'WORKDIR', rest);
    for (const path of [config.WorkingDir ?? '', directory]) checkPathLength(path);
    config.WorkingDir = posix.resolve(config.WorkingDir || '/', directory);
  },
  HEALTHCHECK: (config, rest) => {
    config.Healthcheck = parseHealthcheck(rest, command);
  },
  ONBUILD: (config, rest) => {
    const trigger = (rest.split(/\s/, 1)[0] ?? '').toUpperCase();
    if (trigger === 'ONBUILD') throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER')
      throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), rest];
  },
};

/**
 * A configuration with Dockerfile instructions applied, as `--change` of import and commit has them: CMD,
 * ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR.
 * @throws EngineError invalid-parameter
 */
export async function applyChanges(
  config: ContainerDefaults,
  changes: readonly string[],
): Promise<ContainerDefaults> {
  const lines = changes.flatMap(change => change.split('\n')).map(line => line.trim());
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (lines.length > MAX_LINES || length > MAX_LENGTH) throw invalid('too many changes');
  const result = { ...config };
  const slice = new TimeSlice();
  for (const line of lines) {
    if (slice.isOver) await slice.pause();
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    const instruction = own(INSTRUCTIONS, name.toUpperCase());
    if (instruction === undefined) throw invalid(`${name.toUpperCase()} is not a valid change command`);
    if (rest === '') throw invalid(`${name.toUpperCase()} requires at least one argument`);
    // Each makes new lists and objects: those of the given configuration stay as they are.
    instruction(result, rest);
  }
  return result;
}

/** What a Dockerfile of instructions like these has at most; they are carried out on the main thread. */
const MAX_LENGTH = 64 * 1024;
const MAX_LINES = 256;
/** As many as there are, which is more than anybody means. */
const MAX_PORTS = 65_535;

function checkPorts(count: number): void {
  if (count > MAX_PORTS) throw invalid(`too many exposed ports: ${count}`);
}

/** A JSON list, or a line for the shell. */
function command(text: string): string[] {
  return jsonList(text) ?? ['/bin/sh', '-c', text];
}

function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every(item => typeof item === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** `A=b C="d e"`, or the old `A the rest`. */
function keyValues(
  instruction: string,
  rest: string,
  environment: ReadonlyMap<string, string>,
): [string, string][] {
  const old = /^([^\s=]+)\s+(.+)$/s.exec(rest);
  if (old !== null) return [[old[1] ?? '', shellWords(old[2] ?? '', environment).join(' ')]];
  return shellWords(rest, environment).map(word => {
    const equals = word.indexOf('=');
    if (equals < 0)
      throw invalid(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    if (equals === 0) throw invalid(`${instruction} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

function words(config: ContainerDefaults, instruction: string, rest: string): string[] {
  const list = shellWords(rest, environmentOf(config));
  if (list.length === 0) throw invalid(`${instruction} requires at least one argument`);
  return list;
}

function oneWord(config: ContainerDefaults, instruction: string, rest: string): string {
  const list = words(config, instruction, rest);
  if (list.length > 1) throw invalid(`${instruction} requires exactly one argument`);
  return list[0] ?? '';
}

function environmentOf({ Env }: ContainerDefaults): Map<string, string> {
  return new Map(
    (Env ?? []).map(entry => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

type PortRange = { start: number; end: number; protocol: string };

/** `80`, `53/udp`, `8000-8002/tcp`. */
function portRange(word: string): PortRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
  const start = Number(match?.[1]);
  const end = Number(match?.[2] ?? start);
  if (match === null || end < start || end > 65_535) throw invalid(`invalid containerPort: ${word}`);
  return { start, end, protocol: (match[3] ?? 'tcp').toLowerCase() };
}

function portsOf({ start, end, protocol }: PortRange): string[] {
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol}`);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
