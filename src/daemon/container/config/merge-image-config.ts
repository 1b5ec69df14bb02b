import { textBefore } from '../../../base/text-before.ts';
import { type CompletedConfig, type CompletedHealthConfig, EMPTY_CONFIG } from '../../model/config.ts';

/** A container's configuration completed with what its image says, by Docker's rules: its shell is for builds only. */
export function mergeImageConfig(wanted: CompletedConfig, image: CompletedConfig): CompletedConfig {
  const isCommandOwn = wanted.Entrypoint.length > 0 || wanted.Cmd.length > 0;
  const sources = {
    Cmd: isCommandOwn ? wanted : image,
    Entrypoint: entrypointSource(wanted, image),
    OnBuild: wanted,
  };
  return {
    ...wanted,
    User: wanted.User || image.User,
    Env: mergeEnvironment(wanted.Env, image.Env),
    Cmd: sources.Cmd.Cmd,
    Entrypoint: sources.Entrypoint.Entrypoint,
    WorkingDir: wanted.WorkingDir || image.WorkingDir,
    Labels: merged(image.Labels, wanted.Labels),
    ExposedPorts: merged(image.ExposedPorts, wanted.ExposedPorts),
    Volumes: merged(image.Volumes, wanted.Volumes),
    StopSignal: wanted.StopSignal || image.StopSignal,
    Healthcheck: mergeHealthcheck(wanted.Healthcheck, image.Healthcheck),
    leftOut: (['Cmd', 'Entrypoint', 'OnBuild'] as const).filter(field =>
      sources[field].leftOut.includes(field),
    ),
  };
}

/** An empty list, unlike none at all, clears the image's entrypoint, and so does an empty string. */
function entrypointSource(wanted: CompletedConfig, image: CompletedConfig): CompletedConfig {
  const source = wanted.leftOut.includes('Entrypoint') ? image : wanted;
  const isCleared = source.Entrypoint.length === 1 && source.Entrypoint[0] === '';
  return isCleared ? EMPTY_CONFIG : source;
}

/**
 * What both have, where they differ the container's own. What only one of them has is not copied: of as many entries as
 * an image may have, that takes longer than all the rest.
 */
function merged<T>(image: Record<string, T>, own: Record<string, T>): Record<string, T> {
  if (isEmpty(own)) return image;
  if (isEmpty(image)) return own;
  return Object.fromEntries([...Object.entries(image), ...Object.entries(own)]);
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

/** The container's variables first, then the image's, except those that the container sets itself. */
function mergeEnvironment(wanted: string[], image: string[]): string[] {
  if (wanted.length === 0) return [...image];
  const keys = new Set(wanted.map(variableName));
  return [...wanted, ...image.filter(entry => !keys.has(variableName(entry)))];
}

function variableName(entry: string): string {
  return textBefore(entry, '=');
}

function mergeHealthcheck(
  wanted: CompletedHealthConfig | null,
  image: CompletedHealthConfig | null,
): CompletedHealthConfig | null {
  if (wanted === null || image === null) return wanted ?? image;
  return {
    Test: wanted.Test.length > 0 ? wanted.Test : image.Test,
    Interval: wanted.Interval || image.Interval,
    Timeout: wanted.Timeout || image.Timeout,
    StartPeriod: wanted.StartPeriod || image.StartPeriod,
    StartInterval: wanted.StartInterval || image.StartInterval,
    Retries: wanted.Retries || image.Retries,
  };
}
