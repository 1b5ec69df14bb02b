import type { AttachOptions, AttachSession } from '../../../api/backend.ts';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Task } from '../../../execdriver/driver.ts';
import type { StreamsClient } from '../../model/client-session.ts';
import type { Container, PendingAttach } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import { logPath } from '../../model/daemon-options.ts';
import { conflict } from '../../model/errors.ts';
import { nowNs } from '../../model/clock.ts';
import { containerEvent } from '../../model/container-event.ts';
import { readLogs } from '../logs/read-logs.ts';
import { answerRead } from './answer-read.ts';
import { outputConverter } from './convert-output.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { StreamBridge } from './stream-bridge.ts';

/**
 * A client's connection to a container's streams. With a container that does not run, it waits for the next
 * start: a client that attaches before `start` misses no output.
 * @throws EngineError invalid-parameter for bad detach keys, conflict for a paused container
 */
export function attachContainer(daemon: Daemon, container: Container, options: AttachOptions): AttachSession {
  const detachKeys = parseDetachKeys(options.detachKeys);
  const { status } = container.state;
  if (status === 'paused')
    throw conflict(`container ${container.id} is paused, unpause the container before attach`);
  if (status === 'restarting') {
    throw conflict(`container ${container.id} is restarting, wait until the container is running`);
  }
  const pending = options.stream ? new PendingStreams(container, options) : undefined;
  return {
    multiplexed: !container.record.config.Tty && options.raw !== true,
    run: async client => {
      containerEvent(daemon, container, 'attach');
      try {
        await answerRead(client);
        // What is written from here on comes by the streams.
        await pending?.connecting;
        if (options.logs)
          await sendLogs(daemon, container, { ...options, untilNs: pending?.connectedAtNs }, client);
        const how = await pending?.run(client, detachKeys);
        if (how === 'detached') containerEvent(daemon, container, 'detach');
      } finally {
        pending?.cancel();
      }
      client.end();
    },
  };
}

/**
 * The streams of the run at hand, or of the next one. Registered at once, connected to the shim as soon as there
 * is one, and to the client when that is ready.
 */
class PendingStreams implements PendingAttach, StreamsClient {
  readonly #container: Container;
  readonly #options: AttachOptions;
  readonly #upstream = Promise.withResolvers<Duplex | undefined>();
  /** Connected, and not yet the client's. */
  #waiting: Duplex | undefined;
  #bridge: StreamBridge | undefined;
  #isCancelled = false;
  #isDraining = false;
  /** Settles when they are connected, or cannot be; at once where they are those of the next run. Never rejects. */
  readonly connecting: Promise<void> = Promise.resolve();
  connectedAtNs: bigint | undefined;

  constructor(container: Container, options: AttachOptions) {
    this.#container = container;
    this.#options = options;
    if (container.runtime !== undefined && container.isRunning)
      this.connecting = this.connect(container.runtime);
    else container.pendingAttaches.add(this);
  }

  /** Never rejects. */
  async connect(runtime: Task): Promise<void> {
    this.#container.pendingAttaches.delete(this);
    this.#container.clients.add(this);
    const { stdin, stdout, stderr } = this.#options;
    const hasInput = this.#container.record.config.OpenStdin;
    try {
      this.#connected(await runtime.attach({ stdin: stdin && hasInput, stdout, stderr }));
    } catch {
      // It has exited: there is nothing to be seen any more.
      this.cancel();
    }
  }

  #connected(upstream: Duplex): void {
    // Until the client is there nothing else listens to errors, and an unhandled one would end the daemon.
    upstream.on('error', () => undefined);
    this.connectedAtNs = nowNs();
    // The shim waits until connected clients have read.
    if (this.#isCancelled) upstream.destroy();
    else this.#waiting = upstream;
    this.#upstream.resolve(upstream);
  }

  /** The client has gone, or there is nothing for it. Without effect on what is the client's already. Idempotent. */
  cancel(): void {
    this.#isCancelled = true;
    this.#container.pendingAttaches.delete(this);
    this.#container.clients.delete(this);
    this.#waiting?.destroy();
    this.#upstream.resolve(undefined);
  }

  drain(): void {
    this.#isDraining = true;
    this.#bridge?.drain();
  }

  abandon(): void {
    if (this.#bridge === undefined) this.cancel();
    else this.#bridge.abandon();
  }

  async run(client: Duplex, detachKeys: readonly number[]): Promise<'ended' | 'detached'> {
    const leave = (): void => this.cancel();
    client.once('close', leave);
    if (client.destroyed) leave();
    const upstream = await this.#upstream.promise;
    client.off('close', leave);
    if (upstream === undefined || this.#isCancelled) return 'ended';
    this.#waiting = undefined;
    const { Tty: terminal, StdinOnce: closeStdin } = this.#container.record.config;
    const { stdin, raw = false } = this.#options;
    const convert = outputConverter({ terminal, raw: terminal || raw });
    this.#bridge = new StreamBridge({ client, upstream, terminal, stdin, closeStdin, detachKeys, convert });
    if (this.#isDraining) this.#bridge.drain();
    return this.#bridge.done;
  }
}

async function sendLogs(
  daemon: Daemon,
  container: Container,
  { stdout, stderr, raw = false, untilNs }: AttachOptions & { untilNs: bigint | undefined },
  client: Duplex,
): Promise<void> {
  const { config, hostConfig } = container.record;
  if (hostConfig.LogConfig.Type === 'none') return;
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  if (client.destroyed) return;
  const pieces = readLogs({
    path: logPath(daemon.options, container.id),
    stdout,
    stderr,
    timestamps: false,
    multiplexed: !config.Tty && !raw,
    follow: false,
    untilNs,
    signal: gone.signal,
    isOver: () => true,
    onOver: () => () => undefined,
  });
  for await (const piece of pieces) {
    if (!client.write(piece)) await once(client, 'drain', { signal: gone.signal });
  }
}
