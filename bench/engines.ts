import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from './api-client.ts';

/** An engine under measurement. */
export type Engine = {
  name: string;
  host: string;
  api: ApiClient;
  /** The daemon's pids: what counts as its memory. */
  pids: number[];
  /** The name of the process that stays with each container. */
  shimName: string;
  stop(): Promise<void>;
};

const root = new URL('..', import.meta.url).pathname;

/** Our own daemon, from `dist/`, on roots of its own. */
export async function startSlipway(): Promise<Engine> {
  const base = mkdtempSync('/tmp/slipway-bench-');
  const socket = join(base, 'slipway.sock');
  const args = ['daemon', '--data-root', join(base, 'data'), '--exec-root', join(base, 'exec')];
  const daemon = spawn(
    process.execPath,
    [join(root, 'dist/slipway.js'), ...args, '-H', `unix://${socket}`, '--pidfile', join(base, 'pid')],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  while (!existsSync(socket)) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with code ${daemon.exitCode}`);
    await delay(20);
  }
  const api = new ApiClient(`unix://${socket}`);
  await api.call('POST', '/slipway/images/bootstrap?what=busybox');
  return {
    name: 'slipway',
    host: `unix://${socket}`,
    api,
    pids: [daemon.pid ?? 0],
    shimName: 'slipway-shim',
    async stop() {
      api.close();
      const ended = new Promise(resolve => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      await ended;
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/**
 * A dockerd that somebody else started (CONTRIBUTING.md says how), named by PEER_DOCKER_HOST and
 * PEER_DOCKER_PIDS (dockerd's and containerd's, comma-separated). It gets the same busybox image.
 */
export async function connectPeer(image: Uint8Array): Promise<Engine | undefined> {
  const host = process.env.PEER_DOCKER_HOST;
  if (!host) return undefined;
  const api = new ApiClient(host);
  await api.load(image);
  return {
    name: 'dockerd',
    host,
    api,
    pids: (process.env.PEER_DOCKER_PIDS ?? '').split(',').filter(Boolean).map(Number),
    shimName: 'containerd-shim-runc-v2',
    stop: async () => api.close(),
  };
}
