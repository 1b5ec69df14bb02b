import { read, type RegistryRoute } from '../registry-exchange.ts';
import type { RegistryParts } from '../registry-parts.ts';

/** What monitors ask, with no proof of who they are: nothing in it names a repository. */
export function healthRoutes(parts: RegistryParts): RegistryRoute[] {
  return [
    ...read('/healthz', ({ response }) => {
      parts.store.records.repositories({ last: '', count: 1 });
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end('ok\n');
    }),
    ...read('/metrics', ({ response }) => {
      const text = parts.metrics.expose({
        unfinished_uploads: parts.store.uploads.count(),
        last_gc_timestamp_seconds: (parts.maintenance.lastSweepAtMs ?? 0) / 1000,
      });
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    }),
  ];
}
