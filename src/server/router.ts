import type { Exchange } from './exchange.ts';

/** One path of the API. */
export type Route = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** In find-my-way's notation, without the version. */
  path: string;
  /** The route takes the client's connection over when asked to. */
  hijacks?: boolean;
  handle(exchange: Exchange): Promise<void> | void;
};

/** The routes of one noun. */
export type Router = readonly Route[];

type Handle = Route['handle'];

export const get = (path: string, handle: Handle): Route => ({ method: 'GET', path, handle });
export const post = (path: string, handle: Handle): Route => ({ method: 'POST', path, handle });
export const remove = (path: string, handle: Handle): Route => ({ method: 'DELETE', path, handle });

/** A route that hands its connection to a session. */
export const hijacking = (path: string, handle: Handle): Route => ({ ...post(path, handle), hijacks: true });
