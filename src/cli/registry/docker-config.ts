import { mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AuthConfig } from '../../api/types.ts';
import { errorCode, messageOf } from '../../base/errors.ts';
import type { CliHost } from '../context.ts';

type Environment = CliHost['env'];

/** The part of Docker's `config.json` about registries; the rest is kept as it is. */
export type DockerConfig = {
  auths?: Record<string, AuthConfig>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
};

/** Docker's own file, so that a login with docker counts here. */
export function dockerConfigPath(env: Environment): string {
  return join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
}

/** Empty when there is none. @throws Error for one that cannot be read */
export function readDockerConfig(env: Environment): DockerConfig {
  const path = dockerConfigPath(env);
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof content !== 'object' || content === null || Array.isArray(content))
      throw new Error('it is no JSON object');
    return content;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return {};
    throw new Error(`Error loading config file: ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Takes the place of the file at once; it holds passwords. A link stays one. */
export function writeDockerConfig(env: Environment, config: DockerConfig): void {
  const path = dockerConfigPath(env);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const target = realPath(path);
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(config, undefined, '\t'), { mode: 0o600 });
  renameSync(temporary, target);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return path;
    throw error;
  }
}
