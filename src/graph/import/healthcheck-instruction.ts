import { EngineError } from '../../base/errors.ts';
import type { Healthcheck } from '../image-config.ts';

const DURATIONS: Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};
const NS_PER_UNIT: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

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

/** Go's durations: `1m30s`. */
function durationNs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new EngineError('invalid-parameter', `time: invalid duration "${text}"`);
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (NS_PER_UNIT[unit ?? ''] ?? 0), 0);
}
