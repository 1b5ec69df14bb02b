import { randomUUID } from 'node:crypto';
import { digestOf } from '../../base/digest.ts';
import { EngineError, messageOf } from '../../base/errors.ts';
import { DockerfileError } from '../../dockerfile/dockerfile-error.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import { type Built, withBuilt } from '../build-image.ts';
import type { BuildRequest } from '../build-request.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { BuildEvent } from '../progress.ts';
import { descriptionOf, urlOf } from '../checks/rules.ts';
import { answerSubrequest, checked } from './subrequests.ts';
import {
  type AttestationOptions,
  attestationOptions,
  FULL_PROVENANCE,
} from '../attestations/attestation-options.ts';
import { provenanceOf } from '../attestations/provenance.ts';
import { scanResult } from '../attestations/scan-result.ts';
import type { Build } from '../build.ts';
import { ClippedLog } from '../clipped-log.ts';
import type { Attestation } from '../exporters/attestation-manifest.ts';
import type { RunOutput } from '../solver/shared-runs.ts';
import { inlineCache } from '../caches/inline-cache.ts';
import type { ImportedCache } from '../solver/build-cache.ts';
import { imageConfigOf } from '../stage-state.ts';
import { type CacheExport, type CacheOption, frontendImports } from './cache-options.ts';
import { exportCache, importedCaches } from './cache-transfers.ts';
import { type Exporter, exportResult, type Result } from './export-result.ts';
import {
  type Attributes,
  type Entitlements,
  type FrontendInput,
  frontendRequest,
  type Told,
} from './frontend-request.ts';
import { EXPLAIN } from '../../buildkit/messages.ts';
import { KeptStatuses, type Status } from './kept-statuses.ts';
import type { Session } from './sessions.ts';

type Client = {
  /** What the client calls the build. */
  ref: string;
  session: Session;
  entitlements: Entitlements;
  cacheImports: readonly CacheOption[];
  cacheExports: readonly CacheExport[];
};

type Attesting = Pick<Build, 'parts' | 'undo' | 'signal'> & {
  attested: AttestationOptions;
  attributes: Attributes;
  startedAtMs: number;
};

/** What goes into a build, besides its attributes. */
type SolveInput = Pick<FrontendInput, 'inputs'> & { cacheImports: readonly CacheOption[] };

/** What BuildKit takes for true in BUILDKIT_INLINE_CACHE. */
const INLINE_FLAGS = new Set(['1', 'true', 'TRUE', 'True', 't', 'T']);

/** What a client has under one `ref`: what it has solved, what it returns in the end, and who watches. */
export class BuildJob {
  readonly #parts: BuilderParts;
  readonly #client: Client;
  readonly #results = new Map<string, Result>();
  readonly #done = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  readonly #returned = Promise.withResolvers<string>();
  readonly #builds = new Set<Promise<void>>();
  /** What has been told of it. */
  readonly statuses = new KeptStatuses();
  /** Of what was solved last. */
  attributes: Attributes = {};
  /** How that has come about. */
  attestations: readonly Attestation[] = [];
  /** Why nothing came of that. */
  failure: unknown;
  readonly #watchers = new Set<() => void>();
  /** Aborted when the client goes, and when it is over. */
  readonly signal: AbortSignal;

  constructor(parts: BuilderParts, client: Client, signal: AbortSignal) {
    this.#parts = parts;
    this.#client = client;
    this.signal = AbortSignal.any([signal, this.#done.signal]);
    this.#returned.promise.catch(() => undefined);
  }

  /**
   * Builds, and keeps the result until the job is over; or answers a request that builds nothing.
   * @returns an id for the result, '' where there is none, and what is said of it
   */
  async solve(
    attributes: Attributes,
    { inputs = new Map(), cacheImports = [] }: Partial<SolveInput> = {},
  ): Promise<{ id: string; metadata: Record<string, Buffer> }> {
    const { requestid } = attributes;
    this.attributes = attributes;
    if (requestid) return { id: '', metadata: await this.#answer(requestid, attributes, inputs) };
    const solved = Promise.withResolvers<Result>();
    const build = this.#build({ attributes, inputs, cacheImports, told: this.#told }, solved).catch(error => {
      this.failure = error;
      solved.reject(error);
    });
    this.#builds.add(build);
    const result = await solved.promise;
    const id = randomUUID();
    this.#results.set(id, result);
    return { id, metadata: { 'containerimage.config': configOf(result) } };
  }

  async #answer(
    name: string,
    attributes: Attributes,
    inputs: FrontendInput['inputs'],
  ): Promise<Record<string, Buffer>> {
    await using undo = new AsyncDisposableStack();
    const holder = { parts: this.#parts, undo, signal: this.signal };
    const input = { attributes, inputs, told: this.#told };
    const request = await frontendRequest(holder, this.#client, input);
    return await answerSubrequest(this.#parts, name, request);
  }

  /** What `solve` gave the id of, while the job is not over. */
  result(id: string): Result | undefined {
    return this.#done.signal.aborted ? undefined : this.#results.get(id);
  }

  async #build(input: FrontendInput & SolveInput, solved: PromiseWithResolvers<Result>): Promise<void> {
    await using undo = new AsyncDisposableStack();
    const holder = { parts: this.#parts, undo, signal: this.signal };
    const { request: asked, platforms, ignored } = await frontendRequest(holder, this.#client, input);
    await this.#check(asked, ignored);
    const attested = attestationOptions(input.attributes);
    const startedAtMs = Date.now();
    const attestations: Attestation[][] = [];
    const request = { ...asked, caches: await this.#importedCaches(asked, input) };
    const builds: Built[] = [];
    const failed = new AbortController();
    const signal = AbortSignal.any([this.signal, failed.signal]);
    const building = platforms.map((platform, index) =>
      this.#buildFor({ ...request, platform }, { signal, isOne: platforms.length === 1 }, async built => {
        const attest = { ...holder, attested, attributes: input.attributes, startedAtMs };
        attestations[index] = await this.#attest(attest, request, built);
        builds[index] = built;
        if (Object.keys(builds).length < platforms.length)
          return untilAborted(signal, this.#released.promise);
        const attestsImagesOnly = attested.sbom === undefined && attested.provenance?.isInlineOnly === true;
        solved.resolve({ ...this.#resultOf(builds, request), attestations, attestsImagesOnly });
        // What was built is kept for the export.
        await untilAborted(signal, this.#released.promise);
      }),
    );
    for (const build of building) build.catch(error => failed.abort(error));
    try {
      await Promise.all(building);
    } finally {
      await Promise.allSettled(building);
    }
  }

  /** What the client wants to be attested of a result. */
  async #attest(
    { attested, attributes, startedAtMs, ...holder }: Attesting,
    request: BuildRequest,
    { state, materials }: Built,
  ): Promise<Attestation[]> {
    const { provenance, sbom } = attested;
    const attestations: Attestation[] = [];
    if (sbom !== undefined) {
      const { generator } = sbom;
      attestations.push(
        ...(await this.#logged(`generating sbom using ${generator}`, say =>
          scanResult({ ...holder, say }, request, { state, generator }),
        )),
      );
    }
    const { ref } = this.#client;
    const times = { startedAtMs, finishedAtMs: Date.now() };
    const invocation = { ref, attributes, ...times, buildPlatform: hostPlatform() };
    // The history of builds has it, whether images have or not.
    this.attestations = [provenanceOf(request, invocation, { materials, options: FULL_PROVENANCE })];
    if (provenance !== undefined)
      attestations.push(provenanceOf(request, invocation, { materials, options: provenance }));
    return attestations;
  }

  #resultOf(builds: readonly Built[], request: BuildRequest): Pick<Result, 'states' | 'builds' | 'request'> {
    const isInline =
      this.#client.cacheExports.some(({ kind }) => kind === 'inline') ||
      INLINE_FLAGS.has(request.buildArgs.get('BUILDKIT_INLINE_CACHE') ?? '');
    const states = builds.map(built =>
      isInline ? { ...built.state, inlineCache: inlineCache(built) } : built.state,
    );
    return { states, builds, request };
  }

  #importedCaches(
    { credentials }: BuildRequest,
    { attributes, cacheImports }: FrontendInput & SolveInput,
  ): Promise<ImportedCache[]> {
    const options = [...this.#client.cacheImports, ...cacheImports, ...frontendImports(attributes)];
    const unique = new Map(options.map(option => [JSON.stringify(option), option]));
    const { session } = this.#client;
    const holder = { parts: this.#parts, signal: this.signal, session, credentials, told: this.#told };
    return importedCaches(holder, [...unique.values()]);
  }

  /** Tells of what the checks find. @throws DockerfileError where that is an error */
  async #check(request: BuildRequest, ignored: readonly string[]): Promise<void> {
    const { dockerfileName: filename, dockerfile } = request;
    const { warnings, error, isRefused } = await checked(this.#parts, request, ignored);
    const info = { filename, data: Buffer.from(dockerfile), language: 'Dockerfile' };
    const vertex = digestOf(`checks ${randomUUID()}`);
    if (warnings.length > 0)
      this.#tell({
        warnings: warnings.map(({ rule, detail, range: { start, end } }) => ({
          vertex,
          level: 1,
          short: Buffer.from(`${rule}: ${detail} (line ${start})`),
          detail: [Buffer.from(descriptionOf(rule))],
          url: urlOf(rule),
          info,
          ranges: [{ start: { line: start }, end: { line: end } }],
        })),
      });
    // What is wrong otherwise is told of by the step that it concerns.
    if (error === undefined || !isRefused) return;
    error.source = { name: filename, text: dockerfile };
    throw error;
  }

  async #buildFor(
    request: BuildRequest,
    { signal, isOne }: { signal: AbortSignal; isOne: boolean },
    use: (built: Built) => Promise<void>,
  ): Promise<void> {
    const label = isOne ? '' : `${formatPlatform(request.platform)} `;
    const report = (event: BuildEvent) => this.#report(event, label);
    try {
      await withBuilt(this.#parts, request, { report, signal }, use);
    } catch (error) {
      const { dockerfileName: name, dockerfile: text } = request;
      if (error instanceof DockerfileError) error.source = { name, text };
      throw error;
    }
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
    for (const [index, exporter] of exporters.entries()) {
      const result = this.#results.get(id);
      if (result === undefined) throw new EngineError('invalid-parameter', 'there is no result to export');
      await using undo = new AsyncDisposableStack();
      const context = { parts: this.#parts, session: this.#client.session, undo, signal: this.signal };
      Object.assign(response, await exportResult({ ...context, told: this.#told, index }, result, exporter));
    }
    return response;
  }

  /** Gives what was built to the caches that the client names. @returns what it is told of that */
  async exportCaches(id: string): Promise<Record<string, string>> {
    const response: Record<string, string> = {};
    const { session, cacheExports } = this.#client;
    const result = this.#results.get(id);
    for (const target of cacheExports) {
      if (target.kind === 'inline' || result === undefined) continue;
      await using undo = new AsyncDisposableStack();
      const { credentials } = result.request;
      const common = { parts: this.#parts, session, undo, signal: this.signal };
      try {
        const holder = { ...common, credentials, told: this.#told };
        Object.assign(response, await exportCache(holder, result.builds, target));
      } catch (error) {
        if (this.signal.aborted || !target.ignoresErrors) throw error;
      }
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

  /** What is told of it, from the beginning to its end; see {@link KeptStatuses}. */
  async *status(signal: AbortSignal): AsyncGenerator<Status> {
    for (let at = 0; !signal.aborted; ) {
      if (at < this.statuses.length) {
        const status = this.statuses.at(at++);
        if (status !== undefined) yield status;
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
    this.statuses.add(status);
    this.#wake();
  }

  readonly #told: Told = (name, task) => this.#logged(name, task);

  async #logged<T>(name: string, task: (say: (output: RunOutput) => void) => Promise<T>): Promise<T> {
    const vertex = { digest: digestOf(`${name} ${randomUUID()}`), name, started: Date.now() };
    this.#tell({ vertexes: [vertex] });
    try {
      const log = new ClippedLog(({ stream, data }) =>
        this.#tell({
          logs: [{ vertex: vertex.digest, timestamp: Date.now(), stream: stream === 'stdout' ? 1 : 2, data }],
        }),
      );
      const result = await task(output => log.say(output)).finally(() => log.end());
      this.#tell({ vertexes: [{ ...vertex, completed: Date.now() }] });
      return result;
    } catch (error) {
      this.#tell({ vertexes: [{ ...vertex, completed: Date.now(), error: messageOf(error) }] });
      throw error;
    }
  }

  /** For clients that ask for it: others would show it as something that goes on. */
  #explained({ explanation, atMs }: Completed, vertex: string): NonNullable<Status['statuses']> {
    if (explanation === undefined || this.attributes[EXPLAIN] === undefined) return [];
    return [{ id: EXPLAIN, vertex, name: JSON.stringify(explanation), timestamp: atMs }];
  }

  readonly #started = new Map<string, number>();

  /** `label` tells of steps for which platform they are. */
  #report(event: BuildEvent, label: string): void {
    const { vertex, atMs } = event;
    if (!vertex.makesLayer) return;
    const name = vertex.name.replace(/^\[/, `[${label}`);
    const digest = digestOf(`${vertex.id} ${label}${name}`);
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
    this.#tell({
      vertexes: [{ digest, name, started, completed, cached, error }],
      statuses: event.kind === 'completed' ? this.#explained(event, digest) : [],
    });
  }
}

type Completed = Extract<BuildEvent, { kind: 'completed' }>;

/** Of an image of the first platform. */
function configOf({ states: [state] }: Result): Buffer {
  return Buffer.from(state === undefined ? '' : JSON.stringify(imageConfigOf(state)));
}
