import { EngineError } from '../../base/errors.ts';
import type { Credentials } from '../client/credentials.ts';

/** Another registry, part of which is kept here as it is asked for. */
export type Upstream = {
  /** Repositories that begin with it and a slash are the upstream's; '': all that were not pushed here. */
  prefix: string;
  /** `docker.io`, `registry.example:5000`. */
  host: string;
  credentials: Credentials | undefined;
};

const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[a-fA-F0-9:]+\])(?::\d{1,5})?$/;
const PREFIX = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/**
 * `--proxy`: `docker.io` has that registry's repositories as `docker.io/…`, `hub=docker.io` as `hub/…`, `=docker.io` as
 * they are called there.
 * @throws EngineError invalid-parameter
 */
export function parseUpstream(text: string): Upstream {
  const equals = text.indexOf('=');
  const host = text.slice(equals + 1);
  const prefix = equals === -1 ? text.toLowerCase() : text.slice(0, equals);
  if (!HOST.test(host)) throw invalid(text, 'it names no registry');
  if (prefix !== '' && !PREFIX.test(prefix))
    throw invalid(
      text,
      `${JSON.stringify(prefix)} is no part of a repository's name: give it another one (NAME=HOST)`,
    );
  return { prefix, host, credentials: undefined };
}

function invalid(text: string, reason: string): EngineError {
  return new EngineError(
    'invalid-parameter',
    `invalid proxy ${JSON.stringify(text.slice(0, 300))}: ${reason}`,
  );
}

/** The upstream of a repository, and what it is called there; the longest prefix counts. */
export function upstreamOf(
  upstreams: readonly Upstream[],
  repository: string,
): { upstream: Upstream; path: string } | undefined {
  const upstream = upstreams
    .filter(({ prefix }) => prefix === '' || repository.startsWith(`${prefix}/`))
    .toSorted((left, right) => right.prefix.length - left.prefix.length)[0];
  if (upstream === undefined) return undefined;
  const path = upstream.prefix === '' ? repository : repository.slice(upstream.prefix.length + 1);
  return { upstream, path };
}
