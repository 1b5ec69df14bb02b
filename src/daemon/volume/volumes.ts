import { readdirSync, realpathSync, renameSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { makeDirectories } from '../../base/make-directories.ts';
import type { Volume } from '../../api/types.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { makePrivateDirectory } from '../../base/private-files.ts';
import type { Background } from '../model/background.ts';
import { formatTime, nowNs } from '../model/clock.ts';
import type { DaemonCore } from '../model/core.ts';
import { conflict, invalid, notFound, prefixed } from '../model/errors.ts';
import type { EventBus } from '../model/event-bus.ts';
import type { MountSource } from '../../kernel/mount-source.ts';
import type { StateStore } from '../model/state-store.ts';
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
const DATA = '_data';
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** NAME_MAX of limits.h: it is the name of a directory. */
const MAX_NAME_LENGTH = 255;

type Dependencies = {
  directory: string;
  store: StateStore;
  events: EventBus;
  background: Background;
  /** For the removal of what containers have made. */
  threads: RootedThreads;
};

/** What the functions of this sub-room use. */
export type VolumeDaemon = DaemonCore & { readonly volumes: Volumes };

/** Directories that outlive containers: the `local` volume driver. */
export class Volumes {
  readonly #dependencies: Dependencies;
  readonly #byName = new Map<string, VolumeRecord>();
  /** Where they are, as it is called and as it really is. */
  readonly #directories: readonly string[];

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
    makePrivateDirectory(dependencies.directory);
    this.#directories = [dependencies.directory, realpathSync(dependencies.directory)];
    for (const record of dependencies.store.volumes() as VolumeRecord[])
      this.#byName.set(record.name, record);
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
    return join(this.#dependencies.directory, name, DATA);
  }

  /** How a path of the host is to be looked up: what lies in a volume, containers may have made. */
  locate(path: string): MountSource {
    const normal = posix.normalize(path);
    for (const directory of this.#directories) {
      if (!normal.startsWith(`${directory}/`)) continue;
      const [name = '', data, ...way] = normal
        .slice(directory.length + 1)
        .split('/')
        .filter(Boolean);
      if (data === DATA && way.length > 0)
        return { path: join(directory, name, DATA), below: [way.join('/')] };
    }
    return { path, below: [] };
  }

  /** Makes the directory of a volume, if it is missing: containers' users get into it, the host's do not. */
  makeDirectory(name: string): void {
    const path = this.path(name);
    makeDirectories(dirname(path), 0o700);
    makeDirectories(path, 0o755);
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
    this.makeDirectory(actualName);
    this.#dependencies.store.saveVolume(actualName, record);
    this.#byName.set(actualName, record);
    this.#event('create', actualName);
    return record;
  }

  /** What the store has forgotten in a transaction of its own: takes the directory away, in the background. */
  discard(name: string): void {
    if (this.#byName.delete(name)) this.#event('destroy', name);
    this.#removeDirectory(name);
    this.#dependencies.store.removeLeftover({ kind: 'volume', id: name });
  }

  /** @throws EngineError not-found, conflict */
  remove(name: string, users: readonly string[]): void {
    this.find(name);
    if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
    this.#dependencies.store.removeVolume(name);
    this.discard(name);
  }

  /** After a restart: finishes removals that were begun. */
  cleanUp(leftovers: readonly string[]): void {
    for (const name of leftovers) if (!this.#byName.has(name)) this.discard(name);
    const { directory, background } = this.#dependencies;
    for (const name of readdirSync(directory).filter(entry => entry.startsWith(REMOVED)))
      background.run(`removing volume directory ${name}`, this.#removeTree(name));
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
    const { directory, background } = this.#dependencies;
    // Renamed first, so that a new volume of the same name may be made at once.
    const removed = `${REMOVED}${newId()}`;
    try {
      renameSync(join(directory, name), join(directory, removed));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      throw error;
    }
    background.run(`removing volume ${name}`, this.#removeTree(removed));
  }

  async #removeTree(name: string): Promise<void> {
    const { directory, threads } = this.#dependencies;
    await threads.run({ kind: 'remove', root: directory, name }).catch((error: unknown) => {
      // What is left when the engine ends, the next one removes.
      if (!(error instanceof EngineError) || error.kind !== 'unavailable') throw error;
    });
  }

  #event(action: string, name: string): void {
    this.#dependencies.events.publish({
      Type: 'volume',
      Action: action,
      id: name,
      attributes: { driver: 'local' },
    });
  }
}

function checkVolume(name: string, driver: string, options: Record<string, string> | null): void {
  if (driver !== '' && driver !== 'local')
    throw notFound(`create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
  if (!NAME.test(name)) {
    throw invalid(
      name.length === 1
        ? `create ${name}: volume name is too short, names should be at least two alphanumeric characters`
        : `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  if (name.length > MAX_NAME_LENGTH)
    throw invalid(
      `create ${name}: volume name is too long, names have at most ${MAX_NAME_LENGTH} characters`,
    );
  try {
    checkVolumeOptions(options);
  } catch (error) {
    throw prefixed(`create ${name}`, error);
  }
}
