import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, statfsSync } from 'node:fs';
import type { RootedThreads } from '../../archive/rooted-threads.ts';
import { type Digest, hexOf } from '../../base/digest.ts';
import { EngineError } from '../../base/errors.ts';
import { fileSystemName } from './file-system-name.ts';
import type { ContainerFileSystem, GraphDriver, StagedLayer } from './graph-driver.ts';
import { removeDirectory, removeLeftovers } from './remove-directory.ts';

/**
 * Each layer and each container is a directory with all files of its own: `layers/<chain id>` and
 * `containers/<id>`. It works everywhere, and needs time and space; file systems that can share data between
 * files (btrfs, xfs) save the space.
 */
export class Vfs implements GraphDriver {
  readonly name = 'vfs';
  readonly whiteouts = 'apply';
  readonly independentLayers = false;
  readonly #root: string;
  readonly #threads: RootedThreads;

  constructor(root: string, threads: RootedThreads) {
    this.#root = root;
    this.#threads = threads;
    for (const name of ['layers', 'containers', 'staging', 'trash'])
      mkdirSync(`${root}/${name}`, { recursive: true });
    removeLeftovers(`${root}/staging`, `${root}/trash`, threads);
  }

  status(): [string, string][] {
    return [['Backing Filesystem', fileSystemName(statfsSync(this.#root).type)]];
  }

  async stageLayer(parent: Digest | undefined): Promise<StagedLayer> {
    const name = `staging/${randomBytes(8).toString('hex')}`;
    await this.#makeDirectory(parent, name);
    const directory = `${this.#root}/${name}`;
    return {
      directory,
      commit: chainId => {
        if (!existsSync(this.#layerPath(chainId))) renameSync(directory, this.#layerPath(chainId));
      },
      discard: () => this.#remove(directory),
    };
  }

  removeLayer(chainId: Digest): Promise<void> {
    return this.#remove(this.#layerPath(chainId));
  }

  layers(): Digest[] {
    return readdirSync(`${this.#root}/layers`).map(name => `sha256:${name}` as const);
  }

  layerData(): Record<string, string> {
    return {};
  }

  async createContainer(containerId: string, layers: readonly Digest[]): Promise<void> {
    const name = this.#containerName(containerId);
    if (existsSync(`${this.#root}/${name}`))
      throw new EngineError('conflict', `a layer for container ${containerId} exists already`);
    // A copy that was interrupted must not look like a container's.
    const staging = `staging/${randomBytes(8).toString('hex')}`;
    await this.#makeDirectory(layers[0], staging);
    renameSync(`${this.#root}/${staging}`, `${this.#root}/${name}`);
  }

  openContainer(containerId: string): ContainerFileSystem {
    const path = `${this.#root}/${this.#containerName(containerId)}`;
    return { rootfs: { type: 'bind', path }, driverData: {}, directories: [path], tree: path };
  }

  hasContainer(containerId: string): boolean {
    return existsSync(`${this.#root}/${this.#containerName(containerId)}`);
  }

  removeContainer(containerId: string): Promise<void> {
    return this.#remove(`${this.#root}/${this.#containerName(containerId)}`);
  }

  containers(): string[] {
    return readdirSync(`${this.#root}/containers`);
  }

  async #makeDirectory(parent: Digest | undefined, name: string): Promise<void> {
    if (parent === undefined) mkdirSync(`${this.#root}/${name}`, 0o755);
    else
      await this.#threads.run({ kind: 'copy', root: this.#root, from: `layers/${hexOf(parent)}`, to: name });
  }

  #remove(path: string): Promise<void> {
    return removeDirectory(path, `${this.#root}/trash`, this.#threads);
  }

  #layerPath(chainId: Digest): string {
    return `${this.#root}/layers/${hexOf(chainId)}`;
  }

  #containerName(containerId: string): string {
    if (!/^[\w.-]+$/.test(containerId) || /^\.+$/.test(containerId))
      throw new EngineError('invalid-parameter', `not a container id: ${containerId}`);
    return `containers/${containerId}`;
  }
}
