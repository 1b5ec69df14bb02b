import { EngineError } from '../base/errors.ts';

/** Where an engine listens. `text` is how messages name it. */
export type Endpoint = { text: string } & ({ socketPath: string } | { host: string; port: number });

const DEFAULT_PORT = 2375;

/**
 * `unix:///path`, `tcp://host:port`, `http://host:port`.
 * @throws EngineError invalid-parameter
 */
export function parseEndpoint(text: string): Endpoint {
  const [scheme, rest] = text.split(/:\/\/(.*)/s);
  if (rest === undefined)
    throw new EngineError('invalid-parameter', `unable to parse docker host \`${text}\``);
  if (scheme === 'unix') return { text, socketPath: rest };
  if (scheme !== 'tcp' && scheme !== 'http')
    throw new EngineError('invalid-parameter', `invalid bind address format: ${text}`);
  const url = URL.parse(`http://${rest}`);
  if (url === null) throw new EngineError('invalid-parameter', `invalid bind address format: ${text}`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
  return { text, host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}
