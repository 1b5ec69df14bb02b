import {
  hasProjectQuotas,
  isProjectUnused,
  joinProject,
  limitProject,
  projectOf,
} from '../../kernel/project-quota.ts';

/** Projects from here on are the engine's, unless its directory belongs to one itself: they follow that then. */
const FIRST_PROJECT = 1_000_000;

/**
 * Limits what may be written below directories, by quotas of projects: each directory is a project of its own.
 * The file system keeps all records.
 */
export class ProjectQuotas {
  readonly #root: string;
  readonly isSupported: boolean;
  #next: number | undefined;

  /** For directories below `root`. */
  constructor(root: string) {
    this.#root = root;
    this.isSupported = hasProjectQuotas(root);
  }

  /** Limits an empty directory, and all that is made in it from now on. @throws SyscallError */
  limit(directory: string, bytes: number): void {
    const project = this.#take();
    limitProject(this.#root, project, bytes);
    joinProject(directory, project);
  }

  /** Makes a directory belong where the others do, so that it can be renamed into them. @throws SyscallError */
  release(directory: string): void {
    if (!this.isSupported) return;
    const own = projectOf(this.#root);
    if (projectOf(directory) !== own) joinProject(directory, own);
  }

  /** A project without files. The limits of those used before are set anew with it. */
  #take(): number {
    this.#next ??= (projectOf(this.#root) || FIRST_PROJECT) + 1;
    while (!isProjectUnused(this.#root, this.#next)) this.#next++;
    return this.#next++;
  }
}
