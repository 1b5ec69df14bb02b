import { posix } from 'node:path';
import { readHostFile } from '../../cgroups/layout.ts';
import { type BandwidthDirectory, readBandwidth, type SetBandwidth } from './bandwidth-files.ts';
import type { BandwidthChange } from './bandwidth-writes.ts';

/** What the quotas of parents were before anything was lent to their children, to be kept on disk. */
export type ParentBases = Record<string, number>;

type Parent = {
  directory: BandwidthDirectory;
  baseUs: number;
  periodUs: number;
  burstUs: number;
  writtenUs: number;
};

/**
 * The cgroups that containers are in, as far as they are limited themselves: what is lent to a child is lent to its
 * parent, too, as it would not get it otherwise.
 */
export class LentParents {
  readonly #parents = new Map<string, Parent | undefined>();

  /**
   * The change of a container's parent that goes with `cores` more or less for the container; undefined where the parent
   * is not limited. A limit that was changed from outside meanwhile is left as it is.
   */
  change(
    child: BandwidthDirectory,
    cores: number,
  ): (BandwidthChange & { directory: BandwidthDirectory; periodUs: number }) | undefined {
    const parent = this.#find(child);
    if (parent === undefined) return undefined;
    const { writtenUs, burstUs, periodUs, directory } = parent;
    const afterUs = Math.max(writtenUs + Math.round(cores * periodUs), parent.baseUs);
    return {
      directory,
      periodUs,
      before: { quotaUs: writtenUs, burstUs },
      after: { quotaUs: afterUs, burstUs },
    };
  }

  /** The change has been made. */
  changed({ path }: BandwidthDirectory, quotaUs: number): void {
    const parent = this.#parents.get(path);
    if (parent !== undefined) parent.writtenUs = quotaUs;
  }

  /** The original limits of the parents whose limit is raised now. */
  bases(): ParentBases {
    const lent = [...this.#parents.values()].filter(
      parent => parent !== undefined && parent.writtenUs > parent.baseUs,
    );
    return Object.fromEntries(lent.map(parent => [parent!.directory.path, parent!.baseUs]));
  }

  /** What a container's parent has when nothing is lent. */
  baseOf(
    child: BandwidthDirectory,
  ): { directory: BandwidthDirectory; quotaUs: number; periodUs: number } | undefined {
    const parent = this.#find(child);
    return parent && { directory: parent.directory, quotaUs: parent.baseUs, periodUs: parent.periodUs };
  }

  #find({ version, path }: BandwidthDirectory): Parent | undefined {
    const directory: BandwidthDirectory = { version, path: posix.dirname(path) };
    const now = readBandwidth(directory, readHostFile);
    if (now === undefined || now.quotaUs <= 0) return undefined;
    const known = this.#parents.get(directory.path);
    if (known !== undefined && known.writtenUs === now.quotaUs) return known;
    const parent = newParent(directory, now);
    this.#parents.set(directory.path, parent);
    return parent;
  }
}

function newParent(directory: BandwidthDirectory, { quotaUs, periodUs, burstUs }: SetBandwidth): Parent {
  return { directory, baseUs: quotaUs, periodUs, burstUs, writtenUs: quotaUs };
}
