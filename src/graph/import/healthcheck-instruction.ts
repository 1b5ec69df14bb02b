import { EngineError } from '../../base/errors.ts';
import { parseGoDuration } from '../../base/go/duration.ts';
import type { Healthcheck } from '../image-config.ts';

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
    const field = DURATIONS[name];
    if (field !== undefined) healthcheck[field] = durationNs(value);
    else if (name === 'retries') healthcheck.Retries = Number(value);
    else throw new EngineError('invalid-parameter', `Unknown flag: ${name}`);
    rest = rest.slice(whole.length);
  }
  const [, type = '', probe = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (type.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (type.toUpperCase() !== 'CMD')
    throw new EngineError('invalid-parameter', `Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  if (probe === '') throw new EngineError('invalid-parameter', 'Missing command after HEALTHCHECK CMD');
  const list = command(probe);
  const isShell = list[0] === '/bin/sh' && list[1] === '-c' && !probe.startsWith('[');
  return { ...healthcheck, Test: isShell ? ['CMD-SHELL', probe] : ['CMD', ...list] };
}

function nextFlag(text: string): RegExpExecArray | null {
  return /^--([a-z-]+)=(\S+)\s+/.exec(text);
}

/** @throws EngineError invalid-parameter */
function durationNs(text: string): number {
  const ns = parseGoDuration(text);
  if (ns !== undefined) return Number(ns);
  throw new EngineError('invalid-parameter', `time: invalid duration ${JSON.stringify(text)}`);
}
