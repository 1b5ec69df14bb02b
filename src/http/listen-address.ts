import { EngineError } from '../base/errors.ts';

/** Where a server listens. `fd`: a listening socket that came from the parent (systemd's socket activation). */
export type ListenAddress =
  | { type: 'unix'; path: string }
  | { type: 'tcp'; host: string; port: number }
  | { type: 'fd'; fd: number };

/** sd_listen_fds(3): the first inherited descriptor. */
const FIRST_INHERITED = 3;
const DEFAULT_TCP_PORT = 2375;
const DEFAULT_TLS_PORT = 2376;

/**
 * Parses `-H`: `unix:///path`, `tcp://host:port` (port 2375, with TLS 2376, unless `defaultPort` says another; every address when missing), `fd://` for all that
 * systemd handed over, `fd://3` for one.
 * @throws EngineError invalid-parameter
 */
export function parseListenAddress(
  text: string,
  {
    env = process.env,
    hasTls = false,
    defaultPort = hasTls ? DEFAULT_TLS_PORT : DEFAULT_TCP_PORT,
  }: { env?: NodeJS.ProcessEnv; hasTls?: boolean; defaultPort?: number } = {},
): ListenAddress[] {
  const [, scheme, rest = ''] = /^(unix|tcp|fd):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === 'unix' && rest.startsWith('/')) return [{ type: 'unix', path: rest }];
  if (scheme === 'tcp') return [parseTcp(rest, text, defaultPort)];
  if (scheme === 'fd') return parseDescriptors(rest, env, text);
  throw invalid(text);
}

function parseTcp(rest: string, text: string, defaultPort: number): ListenAddress {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]/]*))(?::(\d{1,5}))?\/?$/.exec(rest);
  if (match === null) throw invalid(text);
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port > 65535) throw invalid(text);
  return { type: 'tcp', host: match[1] || match[2] || '0.0.0.0', port };
}

function parseDescriptors(rest: string, env: NodeJS.ProcessEnv, text: string): ListenAddress[] {
  if (/^\d+$/.test(rest)) return [{ type: 'fd', fd: Number(rest) }];
  if (rest !== '' && rest !== '*') throw invalid(text);
  const count = env.LISTEN_PID === String(process.pid) ? Number(env.LISTEN_FDS ?? 0) : 0;
  if (!(count > 0)) throw new EngineError('invalid-parameter', 'no sockets found via socket activation');
  return Array.from({ length: count }, (_, index) => ({ type: 'fd', fd: FIRST_INHERITED + index }));
}

function invalid(text: string): EngineError {
  return new EngineError('invalid-parameter', `invalid bind address (${text}): use unix://, tcp:// or fd://`);
}
