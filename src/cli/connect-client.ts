import { connect } from 'node:net';
import { parseEndpoint } from '../client/endpoint.ts';
import { EngineClient } from '../client/engine-client.ts';
import { ExitError } from './cli-error.ts';
import type { CliHost } from './context.ts';
import { describeError } from './describe-error.ts';
import { PROGRAM } from './program.ts';
import { type TlsFlags, tlsAgent } from './tls-agent.ts';

/**
 * The client for one call of the CLI: `-H`, SLIPWAY_HOST, DOCKER_HOST, or the default socket. In the last case,
 * and as root, a missing daemon is started first. `close` lets the process end.
 */
export function connectClient(
  host: CliHost,
  globals: TlsFlags & { host: readonly string[] },
): { client: () => Promise<EngineClient>; close: () => void } {
  let made: Promise<EngineClient> | undefined;
  let opened: EngineClient | undefined;
  const make = async () => {
    const text = namedHost(host, globals.host);
    if (text === undefined && host.isRoot && !(await isListening(host.defaultSocket)))
      await startDaemon(host);
    const endpoint = endpointOf(text ?? `unix://${host.defaultSocket}`);
    const agent = 'socketPath' in endpoint ? undefined : await tlsAgent(host, globals);
    opened = new EngineClient(endpoint, host.env.DOCKER_API_VERSION || undefined, agent);
    return opened;
  };
  return { client: () => (made ??= make()), close: () => opened?.close() };
}

function namedHost(host: CliHost, hosts: readonly string[]): string | undefined {
  if (hosts.length > 1) throw new ExitError(1, 'Specify only one -H');
  return hosts[0] || host.env.SLIPWAY_HOST || host.env.DOCKER_HOST || undefined;
}

function endpointOf(text: string) {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new ExitError(1, `Failed to initialize: ${describeError(error)}`);
  }
}

async function startDaemon(host: CliHost): Promise<void> {
  const started = await host.startDaemon();
  if (started !== undefined) host.stderr.write(`${PROGRAM}: started the daemon (log: ${started.log})\n`);
}

/** Whether a connection to a unix socket can be made. */
export function isListening(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
