import type { Duplex } from 'node:stream';
import type { ClientSession } from '../../model/client-session.ts';
import { DetachScanner } from './detach-keys.ts';

export type BridgeOptions = {
  client: Duplex;
  /** The shim's connection. */
  upstream: Duplex;
  terminal: boolean;
  stdin: boolean;
  /** Whether the end of the client's input ends the process's standard input. */
  closeStdin: boolean;
  /** Looked for with a terminal only. */
  detachKeys: readonly number[];
  /** What the client gets of what the process writes, where it wants it in another form. */
  convert?: ((output: Buffer) => Buffer) | undefined;
};

/**
 * Copies between a client and a process's streams, in both directions, with back pressure. Owns both ends:
 * when `done` settles, both are ended.
 */
export class StreamBridge implements ClientSession {
  readonly done: Promise<'ended' | 'detached'>;
  readonly #options: BridgeOptions;
  readonly #scanner: DetachScanner | undefined;
  #settle: (how: 'ended' | 'detached') => void = () => undefined;
  #isDraining = false;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#scanner = options.terminal && options.stdin ? new DetachScanner(options.detachKeys) : undefined;
    this.done = new Promise(resolve => {
      this.#settle = resolve;
    });
    this.#copyOutput();
    this.#copyInput();
  }

  /** Keeps the rest of the output in memory for a slow client, so that the process can go. */
  drain(): void {
    this.#isDraining = true;
    this.#options.upstream.resume();
  }

  /** Stops copying; the client's connection stays open, so that an error can be written to it. */
  abandon(): void {
    const { client, upstream } = this.#options;
    client.removeAllListeners('data').removeAllListeners('drain').removeAllListeners('end');
    upstream.removeAllListeners('end').removeAllListeners('close');
    upstream.destroy();
    this.#settle('ended');
  }

  #copyOutput(): void {
    const { client, upstream, convert = (output: Buffer) => output } = this.#options;
    upstream.on('data', (chunk: Buffer) => {
      if (client.writable && !client.write(convert(chunk)) && !this.#isDraining) upstream.pause();
    });
    client.on('drain', () => upstream.resume());
    onEnd(upstream, () => this.#finish('ended'));
    upstream.on('close', () => this.#finish('ended'));
    upstream.on('error', () => this.#finish('ended'));
    if (upstream.destroyed) this.#finish('ended');
    // The driver hands it over paused.
    upstream.resume();
  }

  #copyInput(): void {
    const { client, upstream } = this.#options;
    client.on('data', (chunk: Buffer) => this.#input(chunk));
    upstream.on('drain', () => client.resume());
    onEnd(client, () => this.#inputEnded());
    client.on('error', () => this.#clientGone());
    client.on('close', () => this.#clientGone());
    if (client.destroyed) this.#clientGone();
  }

  #input(chunk: Buffer): void {
    const { client, upstream, stdin } = this.#options;
    // What cannot be delivered is read all the same, so that the end of the connection is noticed.
    if (!stdin || !upstream.writable) return;
    const { output, detached } = this.#scanner?.scan(chunk) ?? { output: chunk, detached: false };
    if (output.length > 0 && !upstream.write(output)) client.pause();
    if (detached) this.#finish('detached');
  }

  #inputEnded(): void {
    const { upstream, stdin, closeStdin, terminal } = this.#options;
    if (!stdin) return;
    if (closeStdin && !terminal) upstream.end();
    // As Docker: the session is over then, output included.
    else this.#finish('ended');
  }

  #clientGone(): void {
    this.#options.upstream.destroy();
    this.#finish('ended');
  }

  #finish(how: 'ended' | 'detached'): void {
    const { client, upstream } = this.#options;
    if (client.writable) client.end();
    // After detaching, what was typed before has still to arrive.
    if (how === 'detached') upstream.end(() => upstream.destroy());
    else upstream.destroy();
    this.#settle(how);
  }
}

/** An end that comes before any data is announced at once, even of a stream that is paused: it may be in the past. */
function onEnd(stream: Duplex, listener: () => void): void {
  if (stream.readableEnded) listener();
  else stream.on('end', listener);
}
