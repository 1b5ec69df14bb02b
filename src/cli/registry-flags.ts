/** What `slipway registry serve` is told: paths are absolute. */
export type RegistryFlags = {
  root: string;
  listen: string[];
  externalUrl: string;
  /** `10.0.0.0/8`, `192.0.2.1`, `unix`. */
  trustedProxies: string[];
  graceMs: number;
  /** 0: none. */
  gcIntervalMs: number;
  /** '' for none, as the others. */
  config: string;
  htpasswd: string;
  tls: { cert: string; key: string; clientCa?: string } | undefined;
  usesTokens: boolean;
  anonymousPull: boolean;
  isReadOnly: boolean;
  /** Requests a second of each address; 0: as many as it likes. */
  rateLimit: number;
  hasAccessLog: boolean;
  /** `docker.io`, `hub=docker.io`. */
  proxies: string[];
  isOffline: boolean;
  freshMs: number;
  /** 0: what there is. */
  maximumCacheBytes: number;
  insecureRegistries: string[];
  /** The data root of an engine whose images are served, too; '' for none. */
  engine: string;
};

export type RegistryGarbageOptions = Pick<RegistryFlags, 'root' | 'engine' | 'graceMs' | 'config'> & {
  isDryRun: boolean;
};
