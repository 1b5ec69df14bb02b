import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { renameSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RootedThreads } from '../../archive/rooted-threads.ts';
import { type Digest, hexOf } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { openDetachedOverlay } from '../../kernel/detached-overlay.ts';
import { fileSystemName } from './file-system-name.ts';
import type { ContainerFileSystem, GraphDriver, StagedLayer } from './graph-driver.ts';
import { removeDirectory, removeLeftovers } from './remove-directory.ts';

/** overlayfs stacks no more (OVL_MAX_STACK, fs/overlayfs/params.h). */
const MAXIMUM_LAYERS = 500;

/**
 * Set whatever the kernel's defaults: a directory that a container renamed is then a copy, and not a pointer
 * to a lower layer's, so that each layer's directory says all about it (Docker's "Native Overlay Diff").
 */
const MOUNT_OPTIONS = ['index=off', 'redirect_dir=off', 'metacopy=off'];

/**
 * Layers as directories that overlayfs merges. Below the root, as in Docker's driver of that name:
 *
 *     <chain id>/diff    the files of a layer        <chain id>/link    its short name
 *     l/<short name>     -> ../<chain id>/diff, for mount options of bearable length
 *     <container id>/    diff and work
 *     merged/            the directory that every container's overlay is mounted on, each in the container's own
 *                        mount namespace; one for all, since removing a directory that is a mount point
 *                        anywhere takes the kernel milliseconds
 *     staging/, trash/   what is coming and going
 */
export class Overlay2 implements GraphDriver {
  readonly name = 'overlay2';
  readonly whiteouts = 'overlay';
  readonly independentLayers = true;
  readonly #root: string;
  readonly #threads: RootedThreads;
  readonly #links = new Map<Digest, string>();
  #nextLink: number;

  /** @throws EngineError unavailable when overlays cannot be mounted there */
  constructor(root: string, threads: RootedThreads) {
    this.#root = root;
    this.#threads = threads;
    for (const name of ['', '/l', '/staging', '/trash', '/empty', '/merged'])
      mkdirSync(root + name, { recursive: true });
    probe(root);
    removeLeftovers(`${root}/staging`, `${root}/trash`, threads);
    this.#removeStaleLinks();
    this.#nextLink = readdirSync(`${root}/l`).length;
  }

  status(): [string, string][] {
    return [
      ['Backing Filesystem', fileSystemName(statfsSync(this.#root).type)],
      ['Supports d_type', 'true'],
      ['Using metacopy', 'false'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ];
  }

  async stageLayer(): Promise<StagedLayer> {
    const staging = `${this.#root}/staging/${randomBytes(8).toString('hex')}`;
    mkdirSync(staging);
    mkdirSync(`${staging}/diff`, 0o755);
    return {
      directory: `${staging}/diff`,
      commit: chainId => this.#commitLayer(staging, chainId),
      discard: () => removeDirectory(staging, `${this.#root}/trash`, this.#threads),
    };
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
    await removeDirectory(this.#layerPath(chainId), `${this.#root}/trash`, this.#threads);
  }

  layers(): Digest[] {
    return this.#entries('link').map(name => `sha256:${name}` as const);
  }

  layerData(layers: readonly Digest[]): Record<string, string> {
    const [top, ...lower] = layers.map(layer => `${this.#layerPath(layer)}/diff`);
    if (top === undefined) return {};
    const directory = top.slice(0, -'/diff'.length);
    const data = { MergedDir: `${directory}/merged`, UpperDir: top, WorkDir: `${directory}/work` };
    return lower.length === 0 ? data : { LowerDir: lower.join(':'), ...data };
  }

  async createContainer(containerId: string, layers: readonly Digest[]): Promise<void> {
    if (layers.length > MAXIMUM_LAYERS)
      throw new EngineError('invalid-parameter', `max depth exceeded: ${layers.length} layers`);
    const directory = this.#containerPath(containerId);
    try {
      mkdirSync(directory, 0o710);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      throw new EngineError('conflict', `a layer for container ${containerId} exists already`, {
        cause: error,
      });
    }
    mkdirSync(`${directory}/diff`, 0o755);
    mkdirSync(`${directory}/work`, 0o700);
  }

  openContainer(containerId: string, layers: readonly Digest[]): ContainerFileSystem {
    const directory = this.#containerPath(containerId);
    const upperdir = `${directory}/diff`;
    const workdir = `${directory}/work`;
    const links = layers.map(layer => `${this.#root}/l/${this.#linkOf(layer)}`);
    // An overlay needs a lower layer, also where there is no image.
    const lowerdirs = links.length === 0 ? [`${this.#root}/empty`] : links;
    return {
      rootfs: {
        type: 'overlay',
        lowerdirs,
        upperdir,
        workdir,
        target: `${this.#root}/merged`,
        options: MOUNT_OPTIONS,
      },
      driverData: {
        LowerDir: layers.map(layer => `${this.#layerPath(layer)}/diff`).join(':'),
        MergedDir: `${directory}/merged`,
        UpperDir: upperdir,
        WorkDir: workdir,
      },
      directories: [upperdir, ...links],
      tree: { lowerdirs: [upperdir, ...lowerdirs] },
      writableDirectory: upperdir,
    };
  }

  hasContainer(containerId: string): boolean {
    return existsSync(`${this.#containerPath(containerId)}/work`);
  }

  removeContainer(containerId: string): Promise<void> {
    return removeDirectory(this.#containerPath(containerId), `${this.#root}/trash`, this.#threads);
  }

  containers(): string[] {
    return this.#entries('work');
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

/** Mounts an overlay, seen by nobody, to know that it works on this file system. */
function probe(root: string): void {
  const directory = `${root}/staging/probe-${randomBytes(4).toString('hex')}`;
  const [lower, upperdir, workdir] = ['lower', 'upper', 'work'].map(name => `${directory}/${name}`) as [
    string,
    string,
    string,
  ];
  for (const path of [lower, upperdir, workdir]) mkdirSync(path, { recursive: true });
  try {
    closeSync(openDetachedOverlay({ lowerdirs: [lower], upperdir, workdir }));
  } catch (cause) {
    throw new EngineError('unavailable', `overlay2 does not work on ${root}: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
