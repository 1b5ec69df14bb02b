import { isAbsolute } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { HttpListeners, type ListenerLimits } from '../../http/http-listeners.ts';
import { type ListenAddress, parseListenAddress } from '../../http/listen-address.ts';
import type { TlsFiles } from '../../http/tls-options.ts';
import { TrustedProxies } from '../../http/trusted-proxies.ts';
import { openAccess } from './open-access.ts';
import { OPEN_GUARD } from './auth/guard.ts';
import { RegistryDispatcher } from './dispatch.ts';
import { PullThrough } from './cache/pull-through.ts';
import type { Upstream } from './upstreams.ts';
import { DEFAULT_PATIENCE, DEFAULT_RANGES, type RegistryOptions } from '../client/registry-options.ts';
import { ConfigFile } from './config/config-file.ts';
import { LayoutImages } from './layout/layout-images.ts';
import { type DiscardedContent, RebuiltBlobs } from './layout/rebuilt-blobs.ts';
import { Maintenance, type MaintenanceReport } from './maintenance.ts';
import { RateLimits } from './rate-limits.ts';
import type { RegistryLogger } from './registry-logger.ts';
import type { RegistryParts } from './registry-parts.ts';
import { RequestMetrics } from './request-metrics.ts';
import { Webhooks } from './webhooks.ts';
import { SharedContent } from './storage/shared-content.ts';
import { RegistryStore } from './storage/registry-store.ts';

/** In the root: where a registry that serves is managed. */
export const CONTROL_SOCKET = 'control.sock';

export type RegistryServerOptions = {
  /** An absolute directory, made when missing, of which one registry at a time makes use. */
  root: string;
  /** `127.0.0.1:5000`, `[::1]:0`, `unix:///run/registry.sock`; as many as are wanted. */
  listen: readonly string[];
  /** By which clients know it, behind a proxy: `https://registry.example`. Without one, locations are relative. */
  externalUrl?: string;
  /** Proxies whose `Forwarded` and `X-Forwarded-…` count: addresses, networks, `unix` (http/trusted-proxies.ts). */
  trustedProxies?: readonly string[];
  /** Certificate and key, PEM; read again when they change. Default: none, plain HTTP. */
  tls?: TlsFiles;
  /** A file of users with bcrypt hashes, read again when it changes. Default: none, anybody may do anything. */
  htpasswd?: string;
  /** Whether users prove who they are by tokens of the registry's own service, and not by Basic alone. Default false. */
  usesTokens?: boolean;
  /** Whether anybody may pull, where the configuration does not say who may. Default false. */
  anonymousPull?: boolean;
  /** Whether nothing may be changed. Default false. */
  isReadOnly?: boolean;
  /** Requests a second of one client's address. Default 0: as many as it likes. */
  rateLimit?: number;
  /** How long content stays that no manifest names, since that may be to come. Default: an hour. */
  graceMs?: number;
  /** Between two garbage collections. Default: a day; 0: only when asked for. */
  gcIntervalMs?: number;
  /** The configuration file: access, retention, webhooks (docs/REGISTRY.md); it is read again when it changes. */
  config?: string;
  /**
   * An image layout whose images are served where they are: of an engine, `graph/content` in its data root. What was
   * pushed here and is there, too, is one file with two names, where both lie on one file system.
   */
  layout?: string;
  /** What that engine has discarded (`--discard-blobs`), to be made again when it is asked for. The caller closes it. */
  discarded?: DiscardedContent;
  /** Other registries, whose repositories are kept here as they are asked for. */
  upstreams?: readonly Upstream[];
  /** How upstreams are reached; for them, too. */
  client?: Partial<RegistryOptions>;
  /** How long a tag of an upstream's is believed. Default: five minutes. */
  freshMs?: number;
  /** Whether no upstream is asked. Default false. */
  isOffline?: boolean;
  /** What blobs of upstreams may take. Default 0: what there is. */
  maximumCacheBytes?: number;
  /** A unix socket for who manages the registry: whoever gets to it may do everything. */
  controlSocket?: string;
  /** How long clients may take: to send a head, to send or take nothing at all. Default: 30 s, two minutes. */
  patience?: Partial<Pick<ListenerLimits, 'headersTimeoutMs' | 'idleTimeoutMs'>>;
  logger?: RegistryLogger;
  /** Whether each request is logged. Default false. */
  hasAccessLog?: boolean;
};

/** A registry that serves. */
export interface RegistryServer {
  /** `tcp://127.0.0.1:5000`, ports resolved. */
  readonly addresses: readonly string[];
  /** Removes what nothing leads to any more, while it serves. */
  collectGarbage(options?: { isDryRun?: boolean }): Promise<MaintenanceReport>;
  /** Takes no more requests, and lets answers finish for `graceMs` (default 1000). Idempotent. */
  close(graceMs?: number): Promise<void>;
}

const LIMITS: ListenerLimits = {
  headersTimeoutMs: 30_000,
  maxHeadBytes: 64 * 1024,
  keepAliveTimeoutMs: 60_000,
  idleTimeoutMs: 120_000,
  maxConnections: 2000,
};
const DEFAULT_PORT = 5000;
const FRESH_MS = 5 * 60 * 1000;
const DEFAULT_CLIENT: RegistryOptions = {
  insecureRegistries: [],
  mirrors: [],
  certificateDirectories: ['/etc/slipway/certs.d', '/etc/docker/certs.d'],
  proxies: { http: '', https: '', none: '' },
  userAgent: 'slipway-registry',
  patience: { ...DEFAULT_PATIENCE, answerMs: 30_000, longestWaitMs: 2000, attempts: 3 },
  ranges: DEFAULT_RANGES,
};
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const SILENT: RegistryLogger = { error: () => undefined, info: () => undefined };

/**
 * Serves a registry (OCI distribution-spec 1.1).
 * @throws EngineError invalid-parameter for bad options, conflict when the root or an address is in use
 */
export async function openRegistry(options: RegistryServerOptions): Promise<RegistryServer> {
  const { root, logger = SILENT, externalUrl = '', graceMs = HOUR_MS, gcIntervalMs = DAY_MS } = options;
  if (!isAbsolute(root))
    throw new EngineError('invalid-parameter', `the registry's root ${root} is not an absolute path`);
  const addresses = options.listen.flatMap(registryAddress);
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  await using undo = new AsyncDisposableStack();
  const store = await RegistryStore.open({ root, graceMs });
  undo.defer(() => store.close());
  const config = await ConfigFile.open(options.config ?? '', logger);
  undo.defer(() => config.close());
  const { files, leases } = store;
  const shared =
    options.layout === undefined ? undefined : new SharedContent(options.layout, { files, leases, logger });
  undo.defer(() => shared?.close());
  const maintenance = new Maintenance(store, {
    shared,
    graceMs,
    intervalMs: gcIntervalMs,
    retention: () => config.current.retention,
    logger,
  });
  const cache = new PullThrough(store, {
    upstreams: () => [...(options.upstreams ?? []), ...config.current.proxies],
    client: { ...DEFAULT_CLIENT, ...options.client },
    freshMs: options.freshMs ?? FRESH_MS,
    isOffline: options.isOffline ?? false,
    maximumBytes: options.maximumCacheBytes ?? 0,
    logger,
  });
  const rebuilt =
    options.discarded &&
    new RebuiltBlobs(options.discarded, { pathFor: name => store.files.uploadPath(name), logger });
  const metrics = new RequestMetrics();
  undo.defer(() => metrics.close());
  const webhooks = new Webhooks(() => config.current.webhooks, logger);
  undo.defer(() => webhooks.close());
  const access = await openAccess(options, { rules: () => config.current.access, logger });
  undo.defer(() => access.close());
  const parts: RegistryParts = {
    store,
    guard: access.guard,
    tokens: access.routes,
    cache,
    shared,
    images: options.layout === undefined ? undefined : new LayoutImages(options.layout, rebuilt),
    maintenance,
    metrics,
    notify: event => webhooks.tell(event),
    externalUrl: externalUrl.replace(/\/+$/, ''),
    proxies,
    isReadOnly: options.isReadOnly ?? false,
  };
  const listeners = new HttpListeners({ ...LIMITS, ...options.patience }, logger);
  const dispatching = {
    logger,
    hasAccessLog: options.hasAccessLog ?? false,
    rateLimits: new RateLimits(options.rateLimit ?? 0),
    closing: listeners.closing,
  };
  const dispatcher = new RegistryDispatcher(parts, dispatching);
  undo.defer(() => dispatcher.idle());
  undo.defer(() => maintenance.close());
  undo.defer(() => cache.close());
  undo.defer(() => rebuilt?.close());
  undo.defer(() => listeners.close(0));
  const handler = { answer: dispatcher.answer.bind(dispatcher) };
  for (const address of addresses) await listeners.listen(address, handler, options.tls);
  if (options.controlSocket !== undefined) {
    const unguarded = new RegistryDispatcher(
      { ...parts, guard: OPEN_GUARD, isReadOnly: false },
      { ...dispatching, rateLimits: new RateLimits(0) },
    );
    const control = { answer: unguarded.answer.bind(unguarded) };
    await listeners.listen({ type: 'unix', path: options.controlSocket }, control);
    undo.defer(() => unguarded.idle());
  }
  const ending = undo.move();
  let closed: Promise<void> | undefined;
  return {
    addresses: listeners.addresses,
    collectGarbage: ({ isDryRun = false } = {}) => maintenance.sweep({ isDryRun }),
    close: (closeGraceMs = 1000) => {
      closed ??= listeners.close(closeGraceMs).then(() => ending.disposeAsync());
      return closed;
    },
  };
}

/** `--listen`: as `-H` has it, or HOST[:PORT] alone. @throws EngineError invalid-parameter */
function registryAddress(text: string): ListenAddress[] {
  return parseListenAddress(text.includes('://') ? text : `tcp://${text}`, { defaultPort: DEFAULT_PORT });
}
