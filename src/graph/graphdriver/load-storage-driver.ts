import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EngineError, messageOf } from '../../base/errors.ts';
import type { StorageDriver } from './graph-driver.ts';

/**
 * The storage driver that is the default export of a module.
 * @throws EngineError unavailable when it cannot be loaded, invalid-parameter when it exports something else
 */
export async function loadStorageDriver(path: string): Promise<StorageDriver> {
  const { default: driver } = await importModule(path);
  if (!isStorageDriver(driver))
    throw new EngineError(
      'invalid-parameter',
      `${path} is no storage driver: its default export must have a name and a function open`,
    );
  return driver;
}

async function importModule(path: string): Promise<{ default?: unknown }> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  } catch (cause) {
    throw new EngineError('unavailable', `the storage driver ${path} cannot be loaded: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Its name is a directory's too. */
function isStorageDriver(value: unknown): value is StorageDriver {
  const { name, open } = (value ?? {}) as Partial<StorageDriver>;
  return typeof open === 'function' && typeof name === 'string' && /^[a-z0-9][a-z0-9_.-]*$/.test(name);
}
