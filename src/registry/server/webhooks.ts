import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../http/logger.ts';
import type { Webhook } from './config/registry-config.ts';
import type { RegistryEvent } from './registry-parts.ts';

/** What waits to be told, for each URL: the oldest goes when there is more. */
const MAXIMUM_WAITING = 1000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
const TIMEOUT_MS = 10_000;
const MEDIA_TYPE = 'application/vnd.docker.distribution.events.v1+json';

type Queue = { waiting: string[]; isRunning: boolean };

/** Tells of pushes and deletions, in order and in docker-registry's form, whoever the configuration names. */
export class Webhooks {
  readonly #hooks: () => readonly Webhook[];
  readonly #logger: Logger;
  readonly #queues = new Map<string, Queue>();
  readonly #closing = new AbortController();

  constructor(hooks: () => readonly Webhook[], logger: Logger) {
    this.#hooks = hooks;
    this.#logger = logger;
  }

  /** Returns at once. */
  tell(event: RegistryEvent): void {
    const hooks = this.#hooks().filter(
      ({ repositories, actions }) => actions.includes(event.action) && repositories(event.repository),
    );
    for (const hook of hooks) {
      const queue = this.#queues.getOrInsertComputed(hook.url, () => ({ waiting: [], isRunning: false }));
      queue.waiting.push(envelopeOf(event));
      if (queue.waiting.length > MAXIMUM_WAITING) queue.waiting.shift();
      if (!queue.isRunning) void this.#run(hook, queue);
    }
  }

  async #run(hook: Webhook, queue: Queue): Promise<void> {
    queue.isRunning = true;
    for (
      let body = queue.waiting.shift();
      body !== undefined && !this.#closing.signal.aborted;
      body = queue.waiting.shift()
    )
      await this.#deliver(hook, body);
    queue.isRunning = false;
    if (queue.waiting.length === 0) this.#queues.delete(hook.url);
  }

  async #deliver({ url, secret }: Webhook, body: string): Promise<void> {
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const headers = {
      'content-type': MEDIA_TYPE,
      ...(secret === '' ? {} : { 'x-slipway-signature': `sha256=${signature}` }),
    };
    const { request } = await import('undici');
    for (let attempt = 1; ; attempt++) {
      try {
        const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
        const { statusCode, body: answer } = await request(url, { method: 'POST', headers, body, signal });
        await answer.dump();
        if (statusCode < 300) return;
        throw new Error(`it answers with status ${statusCode}`);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (attempt >= ATTEMPTS)
          return this.#logger.error({ error, url }, `webhook ${url}: ${messageOf(error)}`);
        await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, {
          signal: this.#closing.signal,
          ref: false,
        }).catch(() => undefined);
      }
    }
  }

  close(): void {
    this.#closing.abort();
  }
}

/** distribution's notifications. */
function envelopeOf({ action, repository, digest, mediaType, sizeBytes, tag, actor }: RegistryEvent): string {
  const event = {
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action,
    target: { mediaType, digest, size: sizeBytes, length: sizeBytes, repository, tag },
    actor: { name: actor },
  };
  return JSON.stringify({ events: [event] });
}
