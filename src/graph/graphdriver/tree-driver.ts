import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { type Digest, hexOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import type { StorageOptions } from './graph-driver.ts';
import { backingStatus } from './backing-directory.ts';
import type { ContainerFileSystem, GraphDriver, StagedLayer } from './graph-driver.ts';
import { moveToTrash, removeLeftovers } from './remove-directory.ts';

/** What one kind of file system does its own way. Names are below the driver's root. */
export type TreeKind = {
  name: string;
  status: [string, string][];
  /** Makes a tree: empty, of mode 0755, or with all that is in another one; limited in size or not. */
  make(name: string, options: { from?: string; bytes?: number }): Promise<void>;
  /** Removes a tree in `trash/`. */
  remove(name: string): Promise<void>;
  /** The bytes to which the options limit a container. @throws EngineError invalid-parameter */
  sizeOf(options: StorageOptions): number | undefined;
};

/** In the root; `layers.db` are the graph's records. */
const OWN_NAMES = /^(?:layers|containers|staging|trash|layers\.db.*)$/;

/**
 * Each layer and each container is a tree that has all the files: `layers/<chain id>` and `containers/<id>`.
 */
export class TreeDriver implements GraphDriver {
  readonly name: string;
  readonly whiteouts = 'apply';
  readonly independentLayers = false;
  readonly #root: string;
  readonly #kind: TreeKind;

  /** The directories of the root must be there ({@link makeTreeDirectories}). */
  constructor(root: string, kind: TreeKind) {
    this.name = kind.name;
    this.#root = root;
    this.#kind = kind;
    removeLeftovers(`${root}/staging`, `${root}/trash`, name => kind.remove(name));
  }

  status(): [string, string][] {
    return [...this.#kind.status, ...backingStatus(this.#root)];
  }

  async stageLayer(parent: Digest | undefined): Promise<StagedLayer> {
    const name = await this.#stage(parent);
    return {
      directory: `${this.#root}/${name}`,
      commit: chainId => {
        const layer = `${this.#root}/${layerName(chainId)}`;
        if (!existsSync(layer)) renameSync(`${this.#root}/${name}`, layer);
      },
      discard: () => this.#remove(name),
    };
  }

  removeLayer(chainId: Digest): Promise<void> {
    return this.#remove(layerName(chainId));
  }

  layers(): Digest[] {
    return readdirSync(`${this.#root}/layers`).map(name => `sha256:${name}` as const);
  }

  layerDirectory(chainId: Digest): string {
    return `${this.#root}/${layerName(chainId)}`;
  }

  unknownFiles(): string[] {
    return readdirSync(this.#root)
      .filter(name => !OWN_NAMES.test(name))
      .map(name => `${this.#root}/${name}`);
  }

  layerData(): Record<string, string> {
    return {};
  }

  async createContainer(
    containerId: string,
    layers: readonly Digest[],
    options: StorageOptions = {},
  ): Promise<void> {
    const size = this.#kind.sizeOf(options);
    const name = containerName(containerId);
    const conflict = () => new EngineError('conflict', `a layer for container ${containerId} exists already`);
    if (existsSync(`${this.#root}/${name}`)) throw conflict();
    // A copy that was interrupted must not look like a container's.
    const staged = await this.#stage(layers[0], size);
    try {
      if (existsSync(`${this.#root}/${name}`)) throw conflict();
      renameSync(`${this.#root}/${staged}`, `${this.#root}/${name}`);
    } finally {
      await this.#remove(staged);
    }
  }

  openContainer(containerId: string, layers: readonly Digest[]): ContainerFileSystem {
    const path = `${this.#root}/${containerName(containerId)}`;
    const image = layers[0] && { imageTree: `${this.#root}/${layerName(layers[0])}` };
    return { rootfs: { type: 'bind', path }, driverData: {}, directories: [path], tree: path, ...image };
  }

  hasContainer(containerId: string): boolean {
    return existsSync(`${this.#root}/${containerName(containerId)}`);
  }

  removeContainer(containerId: string): Promise<void> {
    return this.#remove(containerName(containerId));
  }

  containers(): string[] {
    return readdirSync(`${this.#root}/containers`);
  }

  /** A tree that is not in use yet. */
  async #stage(parent: Digest | undefined, bytes?: number): Promise<string> {
    const name = `staging/${randomBytes(8).toString('hex')}`;
    try {
      await this.#kind.make(name, {
        ...(parent === undefined ? {} : { from: layerName(parent) }),
        ...(bytes === undefined ? {} : { bytes }),
      });
    } catch (error) {
      await this.#remove(name);
      throw error;
    }
    return name;
  }

  async #remove(name: string): Promise<void> {
    const doomed = moveToTrash(`${this.#root}/${name}`, `${this.#root}/trash`);
    if (doomed !== undefined) await this.#kind.remove(doomed);
  }
}

/** The directories that a driver of this kind finds in its root. */
export function makeTreeDirectories(root: string): void {
  for (const name of ['layers', 'containers', 'staging', 'trash']) makeDirectories(`${root}/${name}`);
}

function layerName(chainId: Digest): string {
  return `layers/${hexOf(chainId)}`;
}

function containerName(containerId: string): string {
  if (!/^[\w.-]+$/.test(containerId) || /^\.+$/.test(containerId))
    throw new EngineError('invalid-parameter', `not a container id: ${containerId}`);
  return `containers/${containerId}`;
}
