import type { TrustedProxies } from '../../http/trusted-proxies.ts';
import type { Guard } from './auth/guard.ts';
import type { PullThrough } from './cache/pull-through.ts';
import type { LayoutImages } from './layout/layout-images.ts';
import type { Maintenance } from './maintenance.ts';
import type { RegistryRoute } from './registry-exchange.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { SharedContent } from './storage/shared-content.ts';
import type { RegistryStore } from './storage/registry-store.ts';

/** What has happened, for those who want to know. */
export type RegistryEvent = {
  action: 'push' | 'delete';
  repository: string;
  digest: string;
  mediaType?: string;
  sizeBytes?: number;
  tag?: string;
  actor: string;
};

/** What the routes work with. */
export type RegistryParts = {
  store: RegistryStore;
  guard: Guard;
  /** Images that lie elsewhere, for the names that nothing was pushed to. */
  images: LayoutImages | undefined;
  /** The content of the engine whose images these are. */
  shared: SharedContent | undefined;
  /** Repositories of other registries. */
  cache: PullThrough;
  maintenance: Maintenance;
  metrics: RequestMetrics;
  notify(event: RegistryEvent): void;
  /** The URL that clients know the registry by, without a slash at the end; '': locations are relative. */
  externalUrl: string;
  /** Whose word on their clients counts. */
  proxies: TrustedProxies;
  /** The token service, where clients prove by tokens who they are. */
  tokens: RegistryRoute[];
  /** Whether nothing may be changed. */
  isReadOnly: boolean;
};
