import { randomUUID } from 'node:crypto';
import { digestOf } from '../../base/digest.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { DockerfileError } from '../../dockerfile/dockerfile-error.ts';
import { storeImage, withBuilt } from '../build-image.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { BuildRequest } from '../build-request.ts';
import type { BuildEvent } from '../progress.ts';
import { imageConfigOf, type StageState } from '../stage-state.ts';
import { type Attributes, type Entitlements, frontendRequest, type Told } from './frontend-request.ts';
import type { STATUS_RESPONSE } from './messages.ts';
import type { MessageOf } from './protobuf.ts';
import type { Session } from './sessions.ts';

type Status = Partial<MessageOf<typeof STATUS_RESPONSE>>;
type Solved = { state: StageState; request: BuildRequest };

export type Exporter = { type: string; attributes: Attributes };

/** What a client has under one `ref`: what it has solved, what it returns in the end, and who watches. */
export class BuildJob {
  readonly #parts: BuilderParts;
  readonly #client: { session: Session; entitlements: Entitlements };
  readonly #results = new Map<string, Solved>();
  readonly #done = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  readonly #returned = Promise.withResolvers<string>();
  readonly #builds = new Set<Promise<void>>();
  readonly #events: Status[] = [];
  readonly #watchers = new Set<() => void>();
  /** Aborted when the client goes, and when it is over. */
  readonly signal: AbortSignal;

  constructor(
    parts: BuilderParts,
    client: { session: Session; entitlements: Entitlements },
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#client = client;
    this.signal = AbortSignal.any([signal, this.#done.signal]);
    this.#returned.promise.catch(() => undefined);
  }

  /** Builds, and keeps the result until the job is over. @returns an id for it, and the image's configuration */
  async solve(attributes: Attributes): Promise<{ id: string; config: Buffer }> {
    const solved = Promise.withResolvers<Solved>();
    const build = this.#build(attributes, solved).catch(error => solved.reject(error));
    this.#builds.add(build);
    const result = await solved.promise;
    const id = randomUUID();
    this.#results.set(id, result);
    return { id, config: Buffer.from(JSON.stringify(imageConfigOf(result.state))) };
  }

  async #build(attributes: Attributes, solved: PromiseWithResolvers<Solved>): Promise<void> {
    await using undo = new AsyncDisposableStack();
    const holder = { parts: this.#parts, undo, signal: this.signal };
    const request = await frontendRequest(holder, this.#client, attributes, this.#told);
    await withBuilt(
      this.#parts,
      request,
      { report: event => this.#report(event), signal: this.signal },
      async state => {
        solved.resolve({ state, request });
        // What was built is kept for the export.
        await this.#released.promise;
      },
    ).catch(error => {
      const { dockerfileName: name, dockerfile: text } = request;
      if (error instanceof DockerfileError) error.source = { name, text };
      throw error;
    });
  }

  /** What the client's own front end has come to: an id that `solve` gave, '' for nothing. */
  finish(id: string, error?: Error): void {
    if (error === undefined) this.#returned.resolve(id);
    else this.#returned.reject(error);
  }

  returned(): Promise<string> {
    return this.#returned.promise;
  }

  /** Makes of a result what the client wants. @returns what it is told of that */
  async export(id: string, exporters: readonly Exporter[]): Promise<Record<string, string>> {
    const response: Record<string, string> = {};
    for (const { type, attributes } of exporters) {
      const result = this.#results.get(id);
      if (result === undefined) throw new EngineError('invalid-parameter', 'there is no result to export');
      refuseExporter(type, attributes);
      const tags = (attributes.name ?? '').split(',').filter(Boolean);
      const { image } = await this.#told('exporting to image', () =>
        storeImage(this.#parts, result.request, result.state, tags),
      );
      // As BuildKit tells of it in Docker: names first, and the image also when it was there.
      for (const tag of tags) this.#parts.onTagged(image, tag);
      this.#parts.onBuilt(image);
      Object.assign(response, {
        'containerimage.digest': image.id,
        'containerimage.config.digest': image.id,
        ...(tags.length === 0 ? {} : { 'image.name': tags.join(',') }),
      });
    }
    return response;
  }

  /** Ends what goes on. Settles when nothing of it is left. */
  async end(): Promise<void> {
    this.#released.resolve();
    this.#done.abort(new DOMException('the build is over', 'AbortError'));
    await Promise.allSettled(this.#builds);
    this.#wake();
  }

  /** Everything that is told of it, from the beginning to its end. */
  async *status(signal: AbortSignal): AsyncGenerator<Status> {
    for (let at = 0; !signal.aborted; ) {
      const status = this.#events[at];
      if (status !== undefined) {
        at++;
        yield status;
      } else if (this.#done.signal.aborted) return;
      else await this.#changed(signal);
    }
  }

  async #changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#watchers.delete(resolve);
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }

  #tell(status: Status): void {
    this.#events.push(status);
    this.#wake();
  }

  readonly #told: Told = async (name, task) => {
    const vertex = { digest: digestOf(`${name} ${randomUUID()}`), name, started: Date.now() };
    this.#tell({ vertexes: [vertex] });
    try {
      const result = await task();
      this.#tell({ vertexes: [{ ...vertex, completed: Date.now() }] });
      return result;
    } catch (error) {
      this.#tell({ vertexes: [{ ...vertex, completed: Date.now(), error: messageOf(error) }] });
      throw error;
    }
  };

  readonly #started = new Map<string, number>();

  #report(event: BuildEvent): void {
    const { vertex, atMs } = event;
    if (!vertex.makesLayer) return;
    const digest = digestOf(`${vertex.id} ${vertex.name}`);
    if (event.kind === 'output') {
      const log = {
        vertex: digest,
        timestamp: atMs,
        stream: event.stream === 'stdout' ? 1 : 2,
        data: event.data,
      };
      return this.#tell({ logs: [log] });
    }
    if (event.kind === 'started') this.#started.set(digest, atMs);
    const started = this.#started.get(digest);
    const completed = event.kind === 'started' ? undefined : atMs;
    const cached = event.kind === 'completed' && event.cached;
    const error = event.kind === 'failed' ? event.message : '';
    this.#tell({ vertexes: [{ digest, name: vertex.name, started, completed, cached, error }] });
  }
}

function refuseExporter(type: string, { push, dest }: Attributes): void {
  if (!['moby', 'image'].includes(type) || dest)
    throw new EngineError('not-implemented', `exporter ${JSON.stringify(type)} could not be found`);
  if (push === 'true')
    throw new EngineError(
      'not-implemented',
      'pushing from a build is not supported: push the image afterwards',
    );
}
