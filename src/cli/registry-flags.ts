/** What `slipway registry serve` is told: paths are absolute. */
export type RegistryFlags = {
  root: string;
  listen: string[];
  externalUrl: string;
  graceMs: number;
};
