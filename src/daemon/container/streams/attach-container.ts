import type { AttachOptions, AttachSession } from '../../../api/backend.ts';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Task as Runtime } from '../../../execdriver/driver.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { logPath } from '../../model/daemon-options.ts';
import { conflict } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { readLogs } from '../logs/read-logs.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { StreamBridge } from './stream-bridge.ts';

/**
 * A client's connection to a container's streams. With a container that does not run, it waits for the next
 * start: a client that attaches before `start` misses no output.
 * @throws EngineError invalid-parameter for bad detach keys, conflict for a paused container
 */
export function attachContainer(daemon: Daemon, container: Container, options: AttachOptions): AttachSession {
  const detachKeys = parseDetachKeys(options.detachKeys ?? '');
  const { status } = container.state;
  if (status === 'paused')
    throw conflict(`container ${container.id} is paused, unpause the container before attach`);
  if (status === 'restarting') {
    throw conflict(`container ${container.id} is restarting, wait until the container is running`);
  }
  const pending = options.stream ? new PendingStreams(container, options) : undefined;
  return {
    multiplexed: !container.record.config.Tty,
    run: async client => {
      containerEvent(daemon, container, 'attach');
      if (options.logs) await sendLogs(daemon, container, options, client);
      const how = await pending?.run(client, detachKeys);
      if (how === 'detached') containerEvent(daemon, container, 'detach');
      client.end();
    },
  };
}

/**
 * The streams of the run at hand, or of the next one. Registered at once, connected to the shim as soon as there
 * is one, and to the client when that is ready.
 */
class PendingStreams {
  readonly #container: Container;
  readonly #options: AttachOptions;
  readonly #upstream = Promise.withResolvers<Duplex | undefined>();

  constructor(container: Container, options: AttachOptions) {
    this.#container = container;
    this.#options = options;
    if (container.runtime !== undefined && container.isRunning) void this.#connect(container.runtime);
    else container.pendingAttaches.add(this);
  }

  async connect(runtime: Runtime): Promise<void> {
    this.#container.pendingAttaches.delete(this);
    await this.#connect(runtime);
  }

  cancel(): void {
    this.#upstream.resolve(undefined);
  }

  async run(client: Duplex, detachKeys: readonly number[]): Promise<'ended' | 'detached'> {
    const leave = (): void => {
      this.#container.pendingAttaches.delete(this);
      this.cancel();
    };
    client.once('close', leave);
    client.once('error', leave);
    const upstream = await this.#upstream.promise;
    client.off('close', leave);
    if (upstream === undefined || client.destroyed) {
      upstream?.destroy();
      return 'ended';
    }
    const { Tty: terminal, StdinOnce: closeStdin } = this.#container.record.config;
    const { stdin } = this.#options;
    const bridge = new StreamBridge({ client, upstream, terminal, stdin, closeStdin, detachKeys });
    this.#container.bridges.add(bridge);
    try {
      return await bridge.done;
    } finally {
      this.#container.bridges.delete(bridge);
    }
  }

  async #connect(runtime: Runtime): Promise<void> {
    const { stdin, stdout, stderr } = this.#options;
    const hasInput = this.#container.record.config.OpenStdin;
    try {
      const upstream = await runtime.attach({ stdin: stdin && hasInput, stdout, stderr });
      // Until the client is there nothing else listens to errors, and an unhandled one would end the daemon.
      upstream.on('error', () => undefined);
      this.#upstream.resolve(upstream);
    } catch {
      // It has exited: there is nothing to be seen any more.
      this.cancel();
    }
  }
}

async function sendLogs(
  daemon: Daemon,
  container: Container,
  { stdout, stderr }: AttachOptions,
  client: Duplex,
): Promise<void> {
  const { config, hostConfig } = container.record;
  if (hostConfig.LogConfig.Type === 'none') return;
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  const pieces = readLogs({
    path: logPath(daemon.options, container.id),
    stdout,
    stderr,
    timestamps: false,
    multiplexed: !config.Tty,
    follow: false,
    signal: gone.signal,
    isOver: () => true,
    onOver: () => () => undefined,
  });
  for await (const piece of pieces) {
    if (!client.write(piece)) await once(client, 'drain', { signal: gone.signal });
  }
}
