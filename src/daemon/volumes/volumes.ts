import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Volume } from '../../api/types.ts';
import { errorCode } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { Background } from '../background.ts';
import { formatTime, nowNs } from '../clock.ts';
import { conflict, invalid, notFound, prefixed } from '../errors.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { StateStore } from '../store/state-store.ts';

import { checkVolumeOptions } from './volume-device.ts';

/** As stored. */
export type VolumeRecord = {
  name: string;
  createdAt: string;
  labels: Record<string, string> | null;
  options: Record<string, string> | null;
};

export type CreateVolume = {
  name?: string;
  driver?: string;
  options?: Record<string, string> | null;
  labels?: Record<string, string> | null;
};

const ANONYMOUS = 'com.docker.volume.anonymous';
const REMOVED = '.removed-';
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

type Parts = { directory: string; store: StateStore; events: EventBus; background: Background };

/** Directories that outlive containers: the `local` volume driver. */
export class Volumes {
  readonly #parts: Parts;
  readonly #byName = new Map<string, VolumeRecord>();

  constructor(parts: Parts) {
    this.#parts = parts;
    mkdirSync(parts.directory, { recursive: true, mode: 0o711 });
    for (const record of parts.store.volumes() as VolumeRecord[]) this.#byName.set(record.name, record);
  }

  all(): VolumeRecord[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** @throws EngineError not-found, in Docker's words */
  find(name: string): VolumeRecord {
    const record = this.#byName.get(name);
    if (record === undefined) throw notFound(`get ${name}: no such volume`);
    return record;
  }

  /** What is mounted into containers. */
  path(name: string): string {
    return join(this.#parts.directory, name, '_data');
  }

  /**
   * The volume of that name, made if there is none; without a name, an anonymous one.
   * @throws EngineError invalid-parameter, in Docker's words
   */
  create({ name = '', driver = '', options = null, labels = null }: CreateVolume): VolumeRecord {
    const isAnonymous = name === '';
    const actualName = isAnonymous ? newId() : name;
    checkVolume(actualName, driver, options);
    const existing = this.#byName.get(actualName);
    if (existing !== undefined) return existing;
    const record: VolumeRecord = {
      name: actualName,
      // Docker has whole seconds here.
      createdAt: formatTime((nowNs() / 1_000_000_000n) * 1_000_000_000n),
      labels: isAnonymous ? { [ANONYMOUS]: '', ...labels } : labels,
      options,
    };
    mkdirSync(this.path(actualName), { recursive: true, mode: 0o755 });
    this.#parts.store.saveVolume(actualName, record);
    this.#byName.set(actualName, record);
    this.#event('create', actualName);
    return record;
  }

  /** What the store has forgotten in a transaction of its own: takes the directory away, in the background. */
  discard(name: string): void {
    if (this.#byName.delete(name)) this.#event('destroy', name);
    this.#removeDirectory(name);
    this.#parts.store.removeLeftover({ kind: 'volume', id: name });
  }

  /** @throws EngineError not-found, conflict */
  remove(name: string, users: readonly string[]): void {
    this.find(name);
    if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
    this.#parts.store.removeVolume(name);
    this.discard(name);
  }

  /** After a restart: finishes removals that were begun. */
  cleanUp(leftovers: readonly string[]): void {
    for (const name of leftovers) if (!this.#byName.has(name)) this.discard(name);
    const { directory, background } = this.#parts;
    for (const name of readdirSync(directory).filter(entry => entry.startsWith(REMOVED))) {
      background.run(`removing volume directory ${name}`, removeTree(join(directory, name)));
    }
  }

  isAnonymous(name: string): boolean {
    return this.#byName.get(name)?.labels?.[ANONYMOUS] !== undefined;
  }

  describe({ name, createdAt, labels, options }: VolumeRecord): Volume {
    return {
      CreatedAt: createdAt,
      Driver: 'local',
      Labels: labels,
      Mountpoint: this.path(name),
      Name: name,
      Options: options,
      Scope: 'local',
    };
  }

  #removeDirectory(name: string): void {
    const { directory, background } = this.#parts;
    // Renamed first, so that a new volume of the same name may be made at once.
    const removed = join(directory, `${REMOVED}${newId()}`);
    try {
      renameSync(join(directory, name), removed);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      throw error;
    }
    background.run(`removing volume ${name}`, removeTree(removed));
  }

  #event(action: string, name: string): void {
    this.#parts.events.publish({
      Type: 'volume',
      Action: action,
      id: name,
      attributes: { driver: 'local' },
    });
  }
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

function checkVolume(name: string, driver: string, options: Record<string, string> | null): void {
  if (!NAME.test(name)) {
    throw invalid(
      name.length === 1
        ? `create ${name}: volume name is too short, names should be at least two alphanumeric characters`
        : `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  if (driver !== '' && driver !== 'local') {
    throw notFound(`create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
  }
  try {
    checkVolumeOptions(options);
  } catch (error) {
    throw prefixed(`create ${name}`, error);
  }
}
