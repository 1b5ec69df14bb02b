import { EngineError } from '../../base/errors.ts';
import { parseGoDuration } from '../../base/go/duration.ts';
import { own } from '../../base/own.ts';
import type { Healthcheck } from '../../oci/image-config.ts';

const DURATIONS: Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/**
 * `NONE`, or `[--interval=… --timeout=… --start-period=… --start-interval=… --retries=…] CMD command`. `command`
 * tells a list from a line for the shell.
 * @throws EngineError invalid-parameter
 */
export function parseHealthcheck(text: string, command: (text: string) => string[]): Healthcheck {
  const healthcheck: Healthcheck = {};
  let rest = text;
  for (let flag = nextFlag(rest); flag !== null; flag = nextFlag(rest)) {
    const [whole, name = '', value = ''] = flag;
    const field = own(DURATIONS, name);
    if (field !== undefined) healthcheck[field] = durationNs(name, value);
    else if (name === 'retries') healthcheck.Retries = retryCount(value);
    else throw invalid(`Unknown flag: ${name}`);
    rest = rest.slice(whole.length);
  }
  const [, type = '', probe = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (type.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (type.toUpperCase() !== 'CMD') throw invalid(`Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  if (probe === '') throw invalid('Missing command after HEALTHCHECK CMD');
  const list = command(probe);
  const isShell = list[0] === '/bin/sh' && list[1] === '-c' && !probe.startsWith('[');
  return { ...healthcheck, Test: isShell ? ['CMD-SHELL', probe] : ['CMD', ...list] };
}

function nextFlag(text: string): RegExpExecArray | null {
  return /^--([a-z-]+)=(\S+)\s+/.exec(text);
}

const MIN_DURATION_NS = 1_000_000n;

/** @throws EngineError invalid-parameter */
function durationNs(name: string, text: string): number {
  const ns = parseGoDuration(text);
  if (ns === undefined) throw invalid(`time: invalid duration ${JSON.stringify(text)}`);
  if (ns !== 0n && ns < MIN_DURATION_NS) throw invalid(`Interval "${name}" cannot be less than 1ms`);
  return Number(ns);
}

function retryCount(text: string): number {
  if (!/^[+-]?\d{1,9}$/.test(text))
    throw invalid(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 0) throw invalid(`--retries cannot be negative (${text})`);
  return Number(text);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
