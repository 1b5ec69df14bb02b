import { read, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { sendDocument } from '../respond.ts';
import { blobRoutes } from './blobs.ts';
import { healthRoutes } from './health.ts';
import { listRoutes } from './lists.ts';
import { manageRoutes } from './manage.ts';
import { manifestRoutes } from './manifests.ts';
import { uploadRoutes } from './uploads.ts';
import { webRoutes } from './web.ts';

/** Everything that the registry answers. */
export function routesOf(parts: RegistryParts): RegistryRoute[] {
  return [
    ...read('/v2/', ({ response, identity }) => {
      parts.guard.require(identity, 'ping');
      sendDocument(response, {});
    }),
    ...healthRoutes(parts),
    ...webRoutes(parts),
    ...parts.tokens,
    ...manageRoutes(parts),
    ...listRoutes(parts),
    ...manifestRoutes(parts),
    ...uploadRoutes(parts),
    ...blobRoutes(parts),
  ];
}
