import { parseGoDuration } from '../base/go/duration.ts';
import type { Healthcheck } from '../oci/image-config.ts';
import { invalid } from './dockerfile-error.ts';
import { readFlags } from './flags.ts';
import { jsonList } from './split-arguments.ts';

const FLAGS = {
  interval: 'text',
  timeout: 'text',
  'start-period': 'text',
  'start-interval': 'text',
  retries: 'text',
} as const;

/**
 * `NONE`, or `[--interval=… --timeout=… --start-period=… --start-interval=… --retries=…] CMD command`.
 * @throws EngineError invalid-parameter
 */
export function parseHealthcheck(flags: readonly string[], text: string): Healthcheck {
  if (text === '') throw invalid('HEALTHCHECK requires at least one argument');
  const [, word = '', probe = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  const type = word.toUpperCase();
  if (type === 'NONE') {
    if (probe !== '') throw invalid('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  const values = readFlags(flags, FLAGS);
  if (type !== 'CMD') throw invalid(`Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  const list = jsonList(probe);
  if (probe === '' || list?.length === 0) throw invalid('Missing command after HEALTHCHECK CMD');
  return {
    Test: list === undefined ? ['CMD-SHELL', probe] : ['CMD', ...list],
    ...durationField('Interval', 'interval', values.interval),
    ...durationField('Timeout', 'timeout', values.timeout),
    ...durationField('StartPeriod', 'start-period', values['start-period']),
    ...durationField('StartInterval', 'start-interval', values['start-interval']),
    ...present('Retries', values.retries ? retryCount(values.retries) : 0),
  };
}

type DurationField = 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval';

function durationField(field: DurationField, name: string, text: string | undefined): Partial<Healthcheck> {
  return present(field, text ? durationNs(name, text) : 0);
}

/** Zero is as good as not said. */
function present(field: DurationField | 'Retries', value: number): Partial<Healthcheck> {
  return value === 0 ? {} : { [field]: value };
}

const MIN_DURATION_NS = 1_000_000n;

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
