import { post, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';
import { sendDocument } from '../respond.ts';

/** What only those may ask for who manage the registry. */
export function manageRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    post('/v2/_slipway/gc', async ({ identity, query, response }) => {
      parts.guard.require(identity, 'manage');
      const isDryRun = ['1', 'true'].includes(query.get('dry-run') ?? '');
      sendDocument(response, await parts.maintenance.sweep({ isDryRun }));
    }),
  ];
}
