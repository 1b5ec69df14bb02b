import { readFile } from 'node:fs/promises';
import { EngineError, messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../http/logger.ts';
import { watchFiles } from '../../../base/watch-files.ts';
import { NO_CONFIG, parseRegistryConfig, type RegistryConfig } from './registry-config.ts';

const MAXIMUM_LENGTH = 1024 * 1024;

/** The configuration file, which is read again when it changes; a bad one changes nothing. */
export class ConfigFile {
  readonly #path: string;
  #current: RegistryConfig;
  #stop: () => void = () => undefined;

  private constructor(path: string, config: RegistryConfig) {
    this.#path = path;
    this.#current = config;
  }

  /** @param path '' for none. The caller closes it. @throws EngineError invalid-parameter */
  static async open(path: string, logger: Logger): Promise<ConfigFile> {
    const file = new ConfigFile(path, path === '' ? NO_CONFIG : await readConfig(path));
    if (path !== '') file.#stop = watchFiles([path], () => file.#reload(logger));
    return file;
  }

  get current(): RegistryConfig {
    return this.#current;
  }

  async #reload(logger: Logger): Promise<void> {
    try {
      this.#current = await readConfig(this.#path);
    } catch (error) {
      logger.error({ error }, `the configuration was not reloaded: ${messageOf(error)}`);
    }
  }

  close(): void {
    this.#stop();
  }
}

async function readConfig(path: string): Promise<RegistryConfig> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MAXIMUM_LENGTH) throw new EngineError('invalid-parameter', 'it is too large');
    return parseRegistryConfig(text);
  } catch (cause) {
    throw new EngineError('invalid-parameter', `${path}: ${messageOf(cause)}`, { cause });
  }
}
