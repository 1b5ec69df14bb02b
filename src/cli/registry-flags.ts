/** What `slipway registry serve` is told: paths are absolute. */
export type RegistryFlags = {
  root: string;
  listen: string[];
  externalUrl: string;
  graceMs: number;
  /** 0: none. */
  gcIntervalMs: number;
  /** '' for none. */
  config: string;
};

export type RegistryGarbageOptions = Pick<RegistryFlags, 'root' | 'graceMs' | 'config'> & {
  isDryRun: boolean;
};
