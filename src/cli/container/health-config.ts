import type { Int64 } from '../../base/int64.ts';
import type { HealthConfig } from '../../api/types.ts';

export type HealthFlags = {
  'health-cmd': string;
  'health-interval': number;
  'health-timeout': number;
  'health-start-period': number;
  'health-start-interval': number;
  'health-retries': Int64;
  'no-healthcheck': boolean;
};

const CHECK_FLAGS = [
  'health-cmd',
  'health-interval',
  'health-timeout',
  'health-start-period',
  'health-start-interval',
  'health-retries',
] as const;

/** Undefined leaves the image's own check in place. */
export function healthConfig(flags: HealthFlags): HealthConfig | undefined {
  const asked = CHECK_FLAGS.some(name => Boolean(flags[name]));
  if (flags['no-healthcheck']) {
    if (asked) throw new Error('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!asked) return undefined;
  for (const name of ['interval', 'timeout', 'retries', 'start-period', 'start-interval'] as const)
    if (flags[`health-${name}`] < 0) throw new Error(`--health-${name} cannot be negative`);
  return {
    Test: flags['health-cmd'] === '' ? undefined : ['CMD-SHELL', flags['health-cmd']],
    Interval: flags['health-interval'],
    Timeout: flags['health-timeout'],
    StartPeriod: flags['health-start-period'],
    StartInterval: flags['health-start-interval'],
    Retries: flags['health-retries'],
  };
}
