import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { HttpExchange } from './exchange.ts';

/** One path of an API. */
export type HttpRoute<E extends HttpExchange = HttpExchange> = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In find-my-way's notation. */
  path: string;
  handle(exchange: E): Promise<void> | void;
};

export type FoundRoute<R> = { route: R; params: Record<string, string | undefined> };

/** Finds the route of a request. */
export class RouteTable<R extends HttpRoute<never>> {
  readonly #routes = findMyWay({ maxParamLength: 4096 });

  constructor(routes: readonly R[]) {
    for (const route of routes) this.#routes.on(route.method, route.path, unused, route);
  }

  find(method: string | undefined, path: string): FoundRoute<R> | undefined {
    const found = this.#routes.find(method as HTTPMethod, path);
    return found === null ? undefined : { route: found.store as R, params: found.params };
  }
}

/**
 * The path and the query of a request. In absolute form (RFC 9112, 3.2.2) as clients of proxies send it: who serves it
 * is clear.
 */
export function splitUrl(url = '/'): { path: string; query: URLSearchParams } {
  const relative = url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = relative.indexOf('?');
  if (mark === -1) return { path: relative, query: new URLSearchParams() };
  return { path: relative.slice(0, mark), query: new URLSearchParams(relative.slice(mark + 1)) };
}

/** find-my-way wants a handler; ours is in the route. */
function unused(): void {}
