import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import type { Tree } from '../../archive/rooted/pack-stream.ts';
import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { OPAQUE_XATTRS } from '../../archive/trees/whiteout.ts';
import { type Digest, hexOf } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { parseBinarySize } from '../../base/parse-binary-size.ts';
import type { ContainerLayer, OverlayDirectories, StorageOptions } from './graph-driver.ts';
import { backingStatus, makeOpenDirectory } from './backing-directory.ts';
import type { ContainerFileSystem, GraphDriver, StagedLayer } from './graph-driver.ts';
import type { ProjectQuotas } from './project-quotas.ts';
import { moveToTrash, removeDirectory, removeLeftovers, removeTree } from './remove-directory.ts';
import { sizeOption } from './storage-options.ts';

/** What one kind of overlay does its own way. */
export type OverlayKind = {
  name: string;
  whiteouts: keyof typeof OPAQUE_XATTRS;
  /** The lines of DriverStatus after that of the backing file system. */
  status: [string, string][];
  /** More it cannot stack. */
  maximumLayers: number;
  /** Whether what a container writes is in the form of a layer. */
  adopts: boolean;
  rootfs(parts: OverlayDirectories): ContainerLayer['rootfs'];
  /** For reading the merged tree of directories, topmost first, two at least. */
  tree(directories: string[]): Tree;
  /** Undefined where the one who writes is not limited by them. */
  quotas?: ProjectQuotas;
  /** What each container may write, where it is not told otherwise. */
  defaultSize?: number | undefined;
  /** What a client reads who asks for a limit that cannot be had. */
  noQuotas: string;
};

/** In the root, besides layers and containers; `layers.db` are the graph's records. */
const OWN_NAMES = /^(?:l|staging|trash|empty|merged|layers\.db.*)$/;

/**
 * Layers as directories that an overlay merges. Below the root, as in Docker's driver overlay2:
 *
 *     <chain id>/diff    the files of a layer        <chain id>/link    its short name
 *     l/<short name>     -> ../<chain id>/diff, for mount options of bearable length
 *     <container id>/    diff and work
 *     merged/            the directory that every container's overlay is mounted on, each in the container's own
 *                        mount namespace; one for all, since removing a directory that is a mount point
 *                        anywhere takes the kernel milliseconds
 *     staging/, trash/   what is coming and going
 */
export class OverlayDriver implements GraphDriver {
  readonly name: string;
  readonly whiteouts: keyof typeof OPAQUE_XATTRS;
  readonly independentLayers = true;
  readonly #root: string;
  readonly #kind: OverlayKind;
  readonly #threads: RootedThreads;
  readonly #links = new Map<Digest, string>();
  #nextLink: number;

  /** The directories of the root must be there ({@link makeOverlayDirectories}). */
  constructor(root: string, threads: RootedThreads, kind: OverlayKind) {
    this.name = kind.name;
    this.whiteouts = kind.whiteouts;
    this.#root = root;
    this.#kind = kind;
    this.#threads = threads;
    this.#discardHalfMade();
    removeLeftovers(`${root}/staging`, `${root}/trash`, name => removeTree(`${root}/trash`, name, threads));
    this.#removeStaleLinks();
    this.#nextLink = readdirSync(`${root}/l`).length;
  }

  /** Containers that a crash came in between of. */
  #discardHalfMade(): void {
    for (const path of this.unknownFiles()) {
      if (!/\/[0-9a-f]{64}$/.test(path)) continue;
      this.#kind.quotas?.release(path);
      moveToTrash(path, `${this.#root}/trash`);
    }
  }

  status(): [string, string][] {
    return [...backingStatus(this.#root), ...this.#kind.status];
  }

  async stageLayer(): Promise<StagedLayer> {
    const staging = this.#newStaging();
    makeOpenDirectory(`${staging}/diff`);
    return {
      directory: `${staging}/diff`,
      commit: chainId => this.#commitLayer(staging, chainId),
      discard: () => this.#remove(staging),
    };
  }

  #newStaging(): string {
    const staging = `${this.#root}/staging/${randomBytes(8).toString('hex')}`;
    mkdirSync(staging);
    return staging;
  }

  #commitLayer(staging: string, chainId: Digest): void {
    if (existsSync(this.#layerPath(chainId))) return;
    writeFileSync(`${staging}/link`, this.#makeLink(chainId));
    renameSync(staging, this.#layerPath(chainId));
  }

  #makeLink(chainId: Digest): string {
    for (;;) {
      const link = (this.#nextLink++).toString(36);
      try {
        symlinkSync(`../${hexOf(chainId)}/diff`, `${this.#root}/l/${link}`);
        return link;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
    }
  }

  async removeLayer(chainId: Digest): Promise<void> {
    if (!existsSync(this.#layerPath(chainId))) return;
    const link = this.#linkOf(chainId);
    this.#links.delete(chainId);
    rmSync(`${this.#root}/l/${link}`, { force: true });
    await this.#remove(this.#layerPath(chainId));
  }

  layers(): Digest[] {
    return this.#entries('link').map(name => `sha256:${name}` as const);
  }

  layerDirectory(chainId: Digest): string {
    return `${this.#layerPath(chainId)}/diff`;
  }

  unknownFiles(): string[] {
    return readdirSync(this.#root)
      .filter(name => !OWN_NAMES.test(name))
      .map(name => `${this.#root}/${name}`)
      .filter(path => !existsSync(`${path}/link`) && !existsSync(`${path}/work`));
  }

  layerData(layers: readonly Digest[]): Record<string, string> {
    const [top, ...lower] = layers.map(layer => `${this.#layerPath(layer)}/diff`);
    if (top === undefined) return {};
    const directory = top.slice(0, -'/diff'.length);
    const data = { MergedDir: `${directory}/merged`, UpperDir: top, WorkDir: `${directory}/work` };
    return lower.length === 0 ? data : { LowerDir: lower.join(':'), ...data };
  }

  async createContainer(
    containerId: string,
    layers: readonly Digest[],
    options: StorageOptions = {},
  ): Promise<void> {
    const size = this.#sizeOf(options);
    if (layers.length > this.#kind.maximumLayers)
      throw new EngineError(
        'invalid-parameter',
        `max depth exceeded: the image has ${layers.length} layers, ${this.name} stacks ${this.#kind.maximumLayers}`,
      );
    const directory = this.#containerPath(containerId);
    makeContainerDirectory(directory, containerId);
    try {
      // Before anything is in it: what is made in a project belongs to it.
      if (size !== undefined) this.#kind.quotas?.limit(directory, size);
      makeOpenDirectory(`${directory}/diff`);
      mkdirSync(`${directory}/work`, 0o700);
    } catch (error) {
      await this.removeContainer(containerId);
      throw error;
    }
  }

  /** @throws EngineError invalid-parameter */
  #sizeOf(options: StorageOptions): number | undefined {
    const { quotas, defaultSize, noQuotas } = this.#kind;
    const size = sizeOption(options);
    if (size === undefined) return defaultSize;
    if (quotas?.isSupported !== true) throw new EngineError('invalid-parameter', noQuotas);
    return parseBinarySize(size) || defaultSize;
  }

  openContainer(containerId: string, layers: readonly Digest[]): ContainerFileSystem {
    const directory = this.#containerPath(containerId);
    const upperdir = `${directory}/diff`;
    const workdir = `${directory}/work`;
    const links = layers.map(layer => `${this.#root}/l/${this.#linkOf(layer)}`);
    // An overlay needs a lower layer, also where there is no image.
    const lowerdirs = links.length === 0 ? [`${this.#root}/empty`] : links;
    return {
      rootfs: this.#kind.rootfs({ lowerdirs, upperdir, workdir, target: `${this.#root}/merged` }),
      driverData: {
        LowerDir: layers.map(layer => `${this.#layerPath(layer)}/diff`).join(':'),
        MergedDir: `${directory}/merged`,
        UpperDir: upperdir,
        WorkDir: workdir,
      },
      directories: [upperdir, ...links],
      opaqueXattr: OPAQUE_XATTRS[this.whiteouts],
      tree: this.#kind.tree([upperdir, ...lowerdirs]),
      writableDirectory: upperdir,
      // An overlay of one layer would be that layer.
      imageTree: lowerdirs.length === 1 ? lowerdirs[0] : this.#kind.tree(lowerdirs),
    };
  }

  adoptContainer(containerId: string, chainId: Digest): boolean {
    const { adopts, quotas, defaultSize } = this.#kind;
    // What was written under a quota counts for it as long as it is there.
    if (!adopts || (quotas?.isSupported === true && defaultSize !== undefined)) return false;
    const staging = this.#newStaging();
    renameSync(`${this.#containerPath(containerId)}/diff`, `${staging}/diff`);
    this.#commitLayer(staging, chainId);
    return true;
  }

  hasContainer(containerId: string): boolean {
    return existsSync(`${this.#containerPath(containerId)}/work`);
  }

  async removeContainer(containerId: string): Promise<void> {
    const directory = this.#containerPath(containerId);
    if (!existsSync(directory)) return;
    this.#kind.quotas?.release(directory);
    await this.#remove(directory);
  }

  containers(): string[] {
    return this.#entries('work');
  }

  #remove(path: string): Promise<void> {
    return removeDirectory(path, `${this.#root}/trash`, this.#threads);
  }

  #layerPath(chainId: Digest): string {
    return `${this.#root}/${hexOf(chainId)}`;
  }

  #containerPath(containerId: string): string {
    if (!/^[\w.-]+$/.test(containerId) || /^(l|staging|trash|empty|merged|\.+)$/.test(containerId))
      throw new EngineError('invalid-parameter', `not a container id: ${containerId}`);
    return `${this.#root}/${containerId}`;
  }

  #linkOf(chainId: Digest): string {
    let link = this.#links.get(chainId);
    if (link === undefined) {
      link = readFileSync(`${this.#layerPath(chainId)}/link`, 'utf8');
      this.#links.set(chainId, link);
    }
    return link;
  }

  /** The entries of the root that have a `marker` in them. */
  #entries(marker: string): string[] {
    return readdirSync(this.#root).filter(name => existsSync(`${this.#root}/${name}/${marker}`));
  }

  #removeStaleLinks(): void {
    for (const name of readdirSync(`${this.#root}/l`)) {
      const target = readlinkSync(`${this.#root}/l/${name}`);
      if (!existsSync(`${this.#root}/l/${target}`)) rmSync(`${this.#root}/l/${name}`, { force: true });
    }
  }
}

/** The directories that a driver of this kind finds in its root. */
export function makeOverlayDirectories(root: string): void {
  for (const name of ['', '/l', '/staging', '/trash', '/empty', '/merged']) makeDirectories(root + name);
}

/** @throws EngineError conflict when it is there */
function makeContainerDirectory(directory: string, containerId: string): void {
  try {
    mkdirSync(directory, 0o710);
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
    throw new EngineError('conflict', `a layer for container ${containerId} exists already`, { cause });
  }
}
