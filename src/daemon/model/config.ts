import type * as api from '../../api/types.ts';
import type { Int64 } from '../../base/int64.ts';
import { type Complete, withoutNulls } from './complete.ts';

/** A health check: nanoseconds, and 0 for the engine's own values. */
export type CompletedHealthConfig = Required<api.HealthConfig>;

type Decided = {
  /** Null for none. */
  Healthcheck: CompletedHealthConfig | null;
  /** Seconds; null for the engine's own. */
  StopTimeout: Int64 | null;
};

/** A container's configuration, merged with its image's, with nothing left open: completed once, at creation. */
export type CompletedConfig = Complete<api.ContainerConfig, Decided> & {
  /** Lists that neither the request nor the image has: `inspect` shows null for them. */
  readonly leftOut: readonly ListField[];
};

const LISTS = ['Cmd', 'Entrypoint', 'OnBuild'] as const satisfies (keyof api.ContainerConfig)[];
type ListField = (typeof LISTS)[number];

/** `inspect` shows null for these where they are empty. */
const NULL_WHERE_EMPTY = ['Env', 'Volumes'] as const satisfies (keyof api.ContainerConfig)[];
/** Docker leaves these out where they are empty. */
const SHOWN_WHERE_SET = [
  'ExposedPorts',
  'ArgsEscaped',
  'NetworkDisabled',
  'MacAddress',
  'StopSignal',
  'Shell',
] as const satisfies (keyof api.ContainerConfig)[];

/** In the order in which `inspect` shows the fields. */
export const EMPTY_CONFIG: CompletedConfig = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  ExposedPorts: {},
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: [],
  Cmd: [],
  Healthcheck: null,
  ArgsEscaped: false,
  Image: '',
  Volumes: {},
  WorkingDir: '',
  Entrypoint: [],
  NetworkDisabled: false,
  MacAddress: '',
  OnBuild: [],
  Labels: {},
  StopSignal: '',
  StopTimeout: null,
  Shell: [],
  leftOut: LISTS,
};

/** A configuration in the API's form, with zero for what it leaves out. */
export function fillConfig(wanted: api.ContainerConfig): CompletedConfig {
  return {
    ...EMPTY_CONFIG,
    ...withoutNulls(wanted),
    Healthcheck: fillHealthConfig(wanted.Healthcheck),
    leftOut: LISTS.filter(field => !wanted[field]),
  };
}

const NO_HEALTH_CONFIG: CompletedHealthConfig = {
  Test: [],
  Interval: 0,
  Timeout: 0,
  StartPeriod: 0,
  StartInterval: 0,
  Retries: 0,
};

function fillHealthConfig(wanted: api.HealthConfig | null | undefined): CompletedHealthConfig | null {
  return wanted ? { ...NO_HEALTH_CONFIG, ...withoutNulls(wanted) } : null;
}

/** As `inspect` shows it. */
export function describeConfig({ leftOut, ...config }: CompletedConfig): api.ContainerConfig {
  const shown: api.ContainerConfig = { ...config };
  for (const field of leftOut) shown[field] = null;
  for (const field of NULL_WHERE_EMPTY) if (isEmpty(config[field])) shown[field] = null;
  for (const field of SHOWN_WHERE_SET) if (!isSet(shown[field])) delete shown[field];
  if (config.Healthcheck === null) delete shown.Healthcheck;
  else shown.Healthcheck = describeHealthConfig(config.Healthcheck);
  if (config.StopTimeout === null) delete shown.StopTimeout;
  return shown;
}

function describeHealthConfig(health: CompletedHealthConfig): api.HealthConfig {
  const { Test, ...numbers } = health;
  const set = Object.entries(numbers).filter(([, value]) => Boolean(value));
  return { ...(Test.length === 0 ? {} : { Test }), ...Object.fromEntries(set) };
}

function isSet(value: string | boolean | object | null | undefined): boolean {
  return typeof value === 'object' && value !== null ? !isEmpty(value) : Boolean(value);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** A configuration as this or an earlier version has stored it: earlier ones stored it in the API's form. */
export function upgradeConfig(stored: api.ContainerConfig | CompletedConfig): CompletedConfig {
  if (!('leftOut' in stored)) return fillConfig(stored);
  return { ...EMPTY_CONFIG, ...stored, Healthcheck: fillHealthConfig(stored.Healthcheck) };
}
