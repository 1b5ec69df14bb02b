import type { AuthConfig, ProgressMessage, Ulimit } from './types.ts';

/** The query of `POST /build`, decoded; defaults are not yet applied. */
export type ClassicBuildOptions = {
  tags: string[];
  /** A URL in place of the body; '' for none. */
  remote: string;
  /** `X-Registry-Config`. */
  auths: Record<string, AuthConfig>;
  dockerfile: string;
  quiet: boolean;
  noCache: boolean;
  pull: boolean;
  squash: boolean;
  buildArgs: Record<string, string | null>;
  labels: Record<string, string>;
  platform: string;
  target: string;
  networkMode: string;
  extraHosts: string[];
  memoryBytes: number;
  memorySwapBytes: number;
  cpuShares: number;
  cpuPeriod: number;
  cpuQuota: number;
  cpusetCpus: string;
  cpusetMems: string;
  cgroupParent: string;
  shmSizeBytes: number;
  ulimits: Ulimit[];
};

export type BuildProgress = (message: ProgressMessage) => void;

/** An entry of the build cache, as `/system/df` has it. */
export type BuildCacheEntry = {
  ID: string;
  Type: string;
  Description: string;
  InUse: boolean;
  Shared: boolean;
  Size: number;
  CreatedAt: string;
  LastUsedAt: string | null;
  UsageCount: number;
  Parents?: string[];
};

/** Limits for the build cache, as BuildKit has them; 0: none. */
export type CacheSpace = {
  /** That much is always left. */
  reservedBytes: number;
  /** More than that is not. */
  maxUsedBytes: number;
  /** The cache shrinks until so much of its file system is free. */
  minFreeBytes: number;
};

export type BuildPruneOptions = {
  /** Also what images have, too. */
  all: boolean;
  /** What may stay of what was used last; without any of them nothing. */
  space: CacheSpace;
  /** Only what has not been used for that long. */
  unusedForMs: number;
  /** What is meant, in BuildKit's filter language: whatever any of them means; without them all. */
  filters: readonly string[];
};
