import type { EngineClient } from '../../client/engine-client.ts';
import type { CliHost } from '../context.ts';

/**
 * Tells the daemon the terminal's size, now and at every change. `path` is that of the container or the exec.
 * Returns what stops it.
 */
export function followSize(host: CliHost, client: EngineClient, path: string): () => void {
  const { stdout } = host;
  if (!stdout.isTTY) return () => undefined;
  const send = () => {
    const query = { h: stdout.rows ?? 0, w: stdout.columns ?? 0 };
    client.post(`${path}/resize`, { query }).catch(() => undefined);
  };
  send();
  stdout.on('resize', send);
  return () => {
    stdout.off('resize', send);
  };
}
