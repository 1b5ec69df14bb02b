import type { Guard } from './auth/guard.ts';
import type { Maintenance } from './maintenance.ts';
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
  maintenance: Maintenance;
  notify(event: RegistryEvent): void;
  /** The URL that clients know the registry by, without a slash at the end; '': locations are relative. */
  externalUrl: string;
};
