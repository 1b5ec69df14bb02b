import type { EngineClient } from '../../client/engine-client.ts';
import type { CliHost } from '../context.ts';

/** What a process can catch, but for SIGCHLD, SIGPIPE, SIGURG and SIGWINCH, which are the CLI's own affair. */
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGTERM',
  'SIGCONT',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
];

/** Sends the container what is sent to the CLI. Returns what stops it. */
export function forwardSignals(host: CliHost, client: EngineClient, containerId: string): () => void {
  const listeners = FORWARDED.map(signal => {
    const listener = () => {
      const query = { signal: signal.replace(/^SIG/, '') };
      // A container that has exited in the meantime cannot take it, and need not.
      client.post(`/containers/${containerId}/kill`, { query }).catch(() => undefined);
    };
    host.signals.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) host.signals.off(signal, listener);
  };
}
