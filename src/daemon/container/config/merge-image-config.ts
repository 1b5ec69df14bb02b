import type { ContainerConfig, HealthConfig } from '../../../api/types.ts';
import type { ContainerDefaults } from '../../../oci/image-config.ts';

/** A container's configuration completed with what its image says, by Docker's rules: its shell is for builds only. */
export function mergeImageConfig(wanted: ContainerConfig, image: ContainerDefaults): ContainerConfig {
  const hasEntrypoint = (wanted.Entrypoint ?? []).length > 0;
  const hasCommand = (wanted.Cmd ?? []).length > 0;
  const config: ContainerConfig = {
    ...wanted,
    User: wanted.User || image.User || '',
    Env: mergeEnvironment(wanted.Env, image.Env),
    Cmd: hasEntrypoint || hasCommand ? (wanted.Cmd ?? null) : (image.Cmd ?? null),
    // An empty list, unlike none at all, clears the image's entrypoint.
    Entrypoint: hasEntrypoint || wanted.Entrypoint ? (wanted.Entrypoint ?? null) : (image.Entrypoint ?? null),
    WorkingDir: wanted.WorkingDir || image.WorkingDir || '',
    Labels: merged(image.Labels, wanted.Labels),
    ...present('ExposedPorts', merged(image.ExposedPorts, wanted.ExposedPorts)),
    Volumes: orNull(merged(image.Volumes, wanted.Volumes)),
    ...present('StopSignal', wanted.StopSignal || image.StopSignal),
    ...present('Healthcheck', mergeHealthcheck(wanted.Healthcheck, image.Healthcheck)),
  };
  if (config.Entrypoint?.length === 1 && config.Entrypoint[0] === '') config.Entrypoint = null;
  return config;
}

/**
 * What both have, where they differ the container's own. What only one of them has is not copied: of as many entries as
 * an image may have, that takes longer than all the rest.
 */
function merged<T>(
  image: Record<string, T> | null | undefined,
  own: Record<string, T> | null | undefined,
): Record<string, T> {
  if (!own || isEmpty(own)) return image ?? {};
  if (!image || isEmpty(image)) return own;
  return Object.fromEntries([...Object.entries(image), ...Object.entries(own)]);
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

/** The image's variables first, except those that the container sets itself. */
function mergeEnvironment(
  wanted: readonly string[] | null | undefined,
  image: readonly string[] | null | undefined,
): string[] | null {
  if (!wanted?.length) return image?.length ? [...image] : null;
  const keys = new Set(wanted.map(variableName));
  return [...wanted, ...(image ?? []).filter(entry => !keys.has(variableName(entry)))];
}

function variableName(entry: string): string {
  return entry.split('=', 1)[0] ?? '';
}

function mergeHealthcheck(
  wanted: HealthConfig | null | undefined,
  image: HealthConfig | undefined,
): HealthConfig | undefined {
  if (!wanted) return image;
  if (!image) return wanted;
  return {
    ...wanted,
    Test: wanted.Test?.length ? wanted.Test : (image.Test ?? []),
    Interval: wanted.Interval || image.Interval,
    Timeout: wanted.Timeout || image.Timeout,
    StartPeriod: wanted.StartPeriod || image.StartPeriod,
    StartInterval: wanted.StartInterval || image.StartInterval,
    Retries: wanted.Retries || image.Retries,
  };
}

/** A property that Docker leaves out when it is empty. */
function present<Key extends string, Value>(
  key: Key,
  value: Value,
): Partial<Record<Key, NonNullable<Value>>> {
  const isAbsent = !value || (typeof value === 'object' && isEmpty(value));
  return isAbsent ? {} : ({ [key]: value } as Record<Key, NonNullable<Value>>);
}

function orNull<Value extends object>(value: Value): Value | null {
  return isEmpty(value) ? null : value;
}
