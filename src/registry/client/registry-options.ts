/** How registries are reached. */
export type RegistryOptions = {
  /** `host[:port]` or CIDR: their certificates are not verified, and plain HTTP will do. Loopback always is so. */
  insecureRegistries: readonly string[];
  /** Base URLs, of Docker Hub only; `hosts.toml` has mirrors for any registry. */
  mirrors: readonly string[];
  /**
   * Absolute directories with one for each registry, `host[:port]/`: `*.crt` (CAs), `*.cert` with `*.key` (the client's
   * own), `hosts.toml`. Read at each use.
   */
  certificateDirectories: readonly string[];
  proxies: Proxies;
  userAgent: string;
  patience: Patience;
  ranges: Ranges;
};

/** How a large blob is fetched: what comes before its turn takes up to `(count - 1) * segmentBytes` of memory. */
export type Ranges = {
  /** Ranges that are fetched at once; 1 for the whole blob in one answer. */
  count: number;
  segmentBytes: number;
};

export const DEFAULT_RANGES: Ranges = { count: 3, segmentBytes: 4 * 1024 * 1024 };

/** As the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY have them; '' for none. */
export type Proxies = { http: string; https: string; none: string };

export type Patience = {
  connectMs: number;
  /** Until an answer begins. */
  answerMs: number;
  /** Between two pieces of a body. */
  bodyMs: number;
  /** Before the first repetition; doubled for each further one. */
  retryMs: number;
  /** What a busy server may ask a question to wait for (`Retry-After`); what takes longer is told at once. */
  longestWaitMs: number;
  /** How often a transfer without progress is tried. */
  attempts: number;
};

export const DEFAULT_PATIENCE: Patience = {
  connectMs: 30_000,
  answerMs: 300_000,
  bodyMs: 60_000,
  retryMs: 1000,
  longestWaitMs: 15_000,
  attempts: 5,
};
