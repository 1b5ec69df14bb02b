import type { HttpRoute } from '../http/route-table.ts';
import type { Exchange } from './exchange.ts';

/** One path of the API, without the version. */
export type Route = HttpRoute<Exchange> & {
  /** The route takes the client's connection over when asked to. */
  hijacks?: boolean;
};

/** The routes of one noun. */
export type Router = readonly Route[];

type Handle = Route['handle'];

export const get = (path: string, handle: Handle): Route => ({ method: 'GET', path, handle });
export const post = (path: string, handle: Handle): Route => ({ method: 'POST', path, handle });
export const remove = (path: string, handle: Handle): Route => ({ method: 'DELETE', path, handle });

/** A route that hands its connection to a session. */
export const hijacking = (path: string, handle: Handle): Route => ({ ...post(path, handle), hijacks: true });
