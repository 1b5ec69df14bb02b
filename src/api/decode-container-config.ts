import {
  bool,
  type Decoder,
  emptyStruct,
  type Fields,
  integer,
  mapOf,
  stringMap,
  stringOrStrings,
  strings,
  struct,
  text,
} from '../base/go/decode.ts';
import type { ContainerConfig, HealthConfig } from './types.ts';

const emptyStructs = mapOf(emptyStruct, 'map[string]struct {}');

const healthConfig = struct<HealthConfig>('container.HealthConfig', {
  Test: strings,
  Interval: integer('int64'),
  Timeout: integer('int64'),
  StartPeriod: integer('int64'),
  StartInterval: integer('int64'),
  Retries: integer('int'),
});

/** What a container is to be, as requests and images have it. */
export const containerConfigFields: Fields<ContainerConfig> = {
  Hostname: text(),
  Domainname: text(),
  User: text(),
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: emptyStructs,
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: strings,
  Cmd: stringOrStrings,
  Healthcheck: healthConfig,
  ArgsEscaped: bool,
  Image: text(),
  Volumes: emptyStructs,
  WorkingDir: text(),
  Entrypoint: stringOrStrings,
  NetworkDisabled: bool,
  MacAddress: text(),
  OnBuild: strings,
  Labels: stringMap,
  StopSignal: text(),
  StopTimeout: integer('int'),
  Shell: stringOrStrings,
};

export const containerConfig: Decoder<ContainerConfig> = struct('container.Config', containerConfigFields);
