import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from './api-client.ts';
import { formatHead } from './format-row.ts';

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

/** Our own daemon, from `dist/`, on roots of its own, with a busybox image that an earlier one has made. */
export async function startSlipway(...flags: string[]): Promise<Engine> {
  const base = mkdtempSync('/tmp/slipway-bench-');
  const host = `unix://${join(base, 'slipway.sock')}`;
  const first = await startDaemon(base, host);
  const client = new ApiClient(host);
  await client.call('POST', '/slipway/images/bootstrap?what=busybox');
  client.close();
  await first.stop();
  const daemon = await startDaemon(base, host, flags);
  const api = new ApiClient(host);
  return {
    name: 'slipway',
    host,
    api,
    pids: [daemon.pid],
    shimName: 'slipway-shim',
    async stop() {
      api.close();
      await daemon.stop();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

async function startDaemon(
  base: string,
  host: string,
  flags: string[] = [],
): Promise<{ pid: number; stop(): Promise<void> }> {
  const args = ['--data-root', join(base, 'data'), '--exec-root', join(base, 'exec'), '--log-level', 'warn'];
  const daemon = spawn(
    process.execPath,
    // As bin/slipway has them.
    [
      '--max-semi-space-size=1',
      '--v8-pool-size=1',
      join(root, 'dist/slipway.cjs'),
      'daemon',
      ...args,
      '-H',
      host,
      '--pidfile',
      join(base, 'pid'),
      ...flags,
    ],
    { stdio: 'inherit', env: { ...process.env, MALLOC_ARENA_MAX: '1' } },
  );
  while (!existsSync(join(base, 'slipway.sock'))) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with code ${daemon.exitCode}`);
    await delay(20);
  }
  return {
    pid: daemon.pid ?? 0,
    async stop() {
      const ended = new Promise(resolve => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      await ended;
    },
  };
}

/** Our own engine, and the peer where there is one: measures them and stops them. Without `head` no table is begun. */
export async function withEngines(
  measure: (engines: Engine[]) => Promise<void>,
  { head = true } = {},
): Promise<void> {
  const slipway = await startSlipway();
  try {
    const peer = await connectPeer(await slipway.api.download('/images/busybox/get'));
    const engines = peer === undefined ? [slipway] : [slipway, peer];
    if (head) console.log(formatHead(engines.map(({ name }) => name)));
    await measure(engines);
    await peer?.stop();
  } finally {
    await slipway.stop();
  }
}

/**
 * A dockerd that somebody else started (CONTRIBUTING.md says how), named by PEER_DOCKER_HOST and
 * PEER_DOCKER_PIDS (dockerd's and containerd's, comma-separated). It gets the same busybox image.
 */
async function connectPeer(image: Uint8Array): Promise<Engine | undefined> {
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
