import { checkPathLength } from '../../../base/path-length.ts';
import { signalNumber } from '../../../base/signal-number.ts';
import type { CompletedConfig, CompletedHealthConfig } from '../../model/config.ts';
import { invalid } from '../../model/errors.ts';

/**
 * Checks what a request says of a container. What its image says is not checked: what is usable of it is used.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkConfig(config: CompletedConfig): void {
  const { WorkingDir: directory } = config;
  checkPathLength(directory);
  if (directory !== '' && !directory.startsWith('/')) {
    throw invalid(`the working directory '${directory}' is invalid, it needs to be an absolute path`);
  }
  const { Healthcheck: health } = config;
  checkLength(config.Env, health === null ? [] : health.Test);
  checkEnvironment(config.Env);
  if (health !== null) checkHealth(health);
  if (config.StopSignal) signalNumber(config.StopSignal);
}

/**
 * Checks what could not be executed at all, with what the image says.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkCommand({
  Entrypoint,
  Cmd,
  Env,
}: Pick<CompletedConfig, 'Entrypoint' | 'Cmd' | 'Env'>): void {
  if (Entrypoint.length === 0 && Cmd.length === 0) throw invalid('no command specified');
  checkLength(Entrypoint, Cmd, Env);
}

/** More than execve(2) takes with usual limits of the stack. */
export const MAX_ARGUMENTS = 32_768;

/** @throws EngineError invalid-parameter */
export function checkLength(...lists: readonly (readonly string[])[]): void {
  const count = lists.reduce((sum, list) => sum + list.length, 0);
  if (count > MAX_ARGUMENTS) throw invalid(`argument list too long: ${count} arguments and variables`);
}

/** @throws EngineError invalid-parameter */
export function checkEnvironment(entries: readonly string[]): void {
  for (const entry of entries) {
    if (entry === '' || entry.startsWith('=')) throw invalid(`invalid environment variable: ${entry}`);
    if (entry.includes('\0')) throw invalid(`invalid environment variable: ${JSON.stringify(entry)}`);
  }
}

const MIN_PERIOD_NS = 1_000_000;

function checkHealth(health: CompletedHealthConfig): void {
  const periods = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;
  for (const key of periods) {
    const value = health[key];
    if (value !== 0 && value < MIN_PERIOD_NS) throw invalid(`${key} in Healthcheck cannot be less than 1ms`);
  }
  if (health.Retries < 0) throw invalid('Retries in Healthcheck cannot be negative');
}
