import { join } from 'node:path';
import { EngineError, messageOf } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { DockerfileError } from '../../dockerfile/dockerfile-error.ts';
import { formatPlatform, hostPlatform, isForPlatform, type Platform } from '../../oci/platform.ts';
import type { BuilderParts } from '../builder-parts.ts';
import { cacheFilter } from '../cache-filter.ts';
import { prunedCache, usedCache } from '../cache-usage.ts';
import { BuildHistory, type BuildRecord } from './build-history.ts';
import { BuildJob } from './build-job.ts';
import { cacheExportOf } from './cache-options.ts';
import type { Result } from './export-result.ts';
import type { Attributes, ResultContext } from './frontend-request.ts';
import { type Call, kindOf, type Methods, oneRequest, statusOf } from '../../buildkit/grpc.ts';
import { historyCalls } from './history-calls.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';
import * as wire from '../../buildkit/messages.ts';
import { definitionOf, resultIdOf } from './result-definition.ts';
import type { StageState } from '../stage-state.ts';
import { serveSession } from './session-call.ts';
import type { Sessions } from './sessions.ts';

const CONTROL = '/moby.buildkit.v1.Control/';
const BRIDGE = '/moby.buildkit.v1.frontend.LLBBridge/';
/** The metadata key that says which build a call to the bridge belongs to. */
const BUILD_ID = 'buildkit-controlapi-buildid';
/** The version of BuildKit whose protocol this is. */
const VERSION = { package: 'github.com/moby/buildkit', version: 'v0.25.2', revision: '' };
const CAPABILITIES = [
  'solve.base',
  'solve.inlinereturn',
  'return',
  'returnmap',
  'proto.refarray',
  'gateway.solve.metadata',
  'gateway.solve.evaluate',
  'gateway.evaluate',
  'gateway.warnings',
  'frontend.caps',
  'frontend.inputs',
  'moby.buildkit.frontend.subrequests',
  'reference.output',
  'importcaches',
];

const LLB_CAPABILITIES = ['exporter.multiple', 'exporter.image.attestations'];

/** BuildKit's services over one builder: what `docker buildx` talks to. */
export class ControlService {
  readonly #parts: BuilderParts;
  readonly #sessions: Sessions;
  readonly #jobs = new Map<string, BuildJob>();
  readonly #expected = new Map<string, Set<() => void>>();
  readonly #going = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #history: BuildHistory;
  readonly methods: Methods;

  constructor(parts: BuilderParts, sessions: Sessions) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#history = new BuildHistory(join(parts.root, 'history.db'));
    this.methods = {
      ...historyCalls(this.#history, this.#closing.signal),
      [`${CONTROL}Info`]: call => call.send(wire.INFO.encode({ version: VERSION })),
      [`${CONTROL}ListWorkers`]: call => call.send(wire.WORKERS.encode({ record: [worker()] })),
      [`${CONTROL}Session`]: call => serveSession(this.#sessions, call),
      [`${CONTROL}Solve`]: call => this.#goesOn(this.#solve(call)),
      [`${CONTROL}Status`]: call => this.#status(call),
      [`${CONTROL}DiskUsage`]: call => this.#diskUsage(call),
      [`${CONTROL}Prune`]: call => this.#prune(call),
      [`${BRIDGE}Ping`]: call => call.send(wire.PONG.encode(pong())),
      [`${BRIDGE}Solve`]: call => this.#bridgeSolve(call),
      [`${BRIDGE}Return`]: call => this.#return(call),
      [`${BRIDGE}Evaluate`]: call => call.send(wire.NOTHING.encode({})),
      [`${BRIDGE}Warn`]: call => call.send(wire.NOTHING.encode({})),
      '/grpc.health.v1.Health/Check': call => call.send(wire.HEALTH_RESPONSE.encode({ status: 1 })),
    };
  }

  /** Ends all builds. Settles when nothing of them is left. */
  async close(): Promise<void> {
    this.#closing.abort(new DOMException('the engine is closing', 'AbortError'));
    await Promise.allSettled(this.#going);
    this.#history.close();
  }

  async #goesOn(work: Promise<void>): Promise<void> {
    this.#going.add(work);
    await work.finally(() => this.#going.delete(work));
  }

  async #solve(call: Call): Promise<void> {
    const request = wire.SOLVE_REQUEST.decode(await oneRequest(call));
    if (request.definition.length > 0)
      throw new EngineError('not-implemented', 'solving a definition in LLB is not supported');
    const signal = AbortSignal.any([call.signal, this.#closing.signal]);
    const session = await this.#sessions.find(request.session, signal);
    if (request.ref === '' || this.#jobs.has(request.ref))
      throw new EngineError('conflict', `job ID ${request.ref} exists`);
    const { entitlements } = request;
    const cacheImports = optionsOf(request.cache?.imports ?? []);
    const cacheExports = optionsOf(request.cache?.exports ?? []).map(cacheExportOf);
    const client = { ref: request.ref, session, entitlements, cacheImports, cacheExports };
    const job = new BuildJob(this.#parts, client, signal);
    this.#jobs.set(request.ref, job);
    for (const wake of this.#expected.get(request.ref) ?? []) wake();
    const record = recordOf(request);
    if (!request.internal) this.#history.begin(record);
    let exporterResponse: Record<string, string> = {};
    let error: unknown;
    try {
      exporterResponse = await this.#performed(job, request, signal);
    } catch (caught) {
      error = caught;
    } finally {
      await job.end();
      this.#jobs.delete(request.ref);
    }
    if (!request.internal) this.#note(job, { ...record, exporterResponse }, error);
    if (error !== undefined) throw error;
    await call.send(wire.SOLVE_RESPONSE.encode({ exporterResponse }));
  }

  /** Builds, and gives what was built to whom the client wants it given. @returns what the client is told of that */
  async #performed(
    job: BuildJob,
    request: SolveRequest,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    const id =
      request.frontend === ''
        ? await untilAborted(signal, job.returned())
        : (await job.solve(attributesOf(request.frontend, request.frontendAttributes))).id;
    const exported = await job.export(id, optionsOf(request.exporters));
    return { ...exported, ...(await job.exportCaches(id)) };
  }

  /** Before the client hears of the end: it asks for the record next. */
  #note(job: BuildJob, begun: BuildRecord, error: unknown): void {
    const { attributes, attestations, statuses, failure } = job;
    // A client that has heard of a failure may go without a word.
    const status = error === undefined ? {} : { error: rpcStatusOf(failure ?? error) };
    const frontendAttributes = { ...begun.frontendAttributes, ...attributes };
    const frontend = begun.frontend || 'dockerfile.v0';
    const record = { ...begun, ...status, frontend, frontendAttributes, completedAt: Date.now() };
    try {
      this.#history.complete({ record, statuses, attestations });
    } catch {
      // A full disk: the build is what matters.
      this.#history.forgetActive(record.ref);
    }
  }

  async #status(call: Call): Promise<void> {
    const { ref } = wire.STATUS_REQUEST.decode(await oneRequest(call));
    const log = this.#jobs.has(ref) ? undefined : this.#history.log(ref);
    for (const status of log ?? []) await call.send(wire.STATUS_RESPONSE.encode(status));
    if (log !== undefined) return;
    const job = await this.#job(ref, call.signal);
    for await (const status of job.status(call.signal)) await call.send(wire.STATUS_RESPONSE.encode(status));
  }

  /** A call may come a moment before the build that it belongs to. */
  async #job(ref: string, signal: AbortSignal): Promise<BuildJob> {
    for (;;) {
      const job = this.#jobs.get(ref);
      if (job !== undefined) return job;
      const { promise, resolve } = Promise.withResolvers<void>();
      const expected = this.#expected.get(ref) ?? new Set();
      this.#expected.set(ref, expected.add(resolve));
      try {
        await untilAborted(AbortSignal.any([signal, this.#closing.signal]), promise);
      } finally {
        expected.delete(resolve);
        if (expected.size === 0) this.#expected.delete(ref);
      }
    }
  }

  async #bridgeSolve(call: Call): Promise<void> {
    const request = wire.BRIDGE_SOLVE_REQUEST.decode(await oneRequest(call));
    const job = await this.#job(String(call.headers[BUILD_ID] ?? ''), call.signal);
    if (request.definition.length > 0)
      throw new EngineError('not-implemented', 'solving a definition in LLB is not supported');
    const inputs = this.#inputsOf(request.inputs);
    const cacheImports = optionsOf(request.cacheImports);
    const attributes = attributesOf(request.frontend, request.options);
    const { id, metadata } = await job.solve(attributes, { inputs, cacheImports });
    const ref = id === '' ? {} : { ref: { id, definition: definitionOf(id) } };
    await call.send(wire.BRIDGE_SOLVE_RESPONSE.encode({ result: { ...ref, metadata } }));
  }

  /** @throws EngineError invalid-parameter for what is no result of a build that goes on */
  #inputsOf(definitions: InputDefinitions): Map<string, ResultContext> {
    return new Map(
      Object.entries(definitions).map(([name, definition]) => [name, this.#inputOf(name, definition ?? {})]),
    );
  }

  #inputOf(name: string, definition: NonNullable<InputDefinitions[string]>): ResultContext {
    const id = resultIdOf(definition);
    if (id === undefined)
      throw new EngineError(
        'not-implemented',
        `the input ${name} is no result of a build: LLB is not solved`,
      );
    const result = [...this.#jobs.values()].map(job => job.result(id)).find(each => each !== undefined);
    if (result === undefined)
      throw new EngineError('invalid-parameter', `the build that the input ${name} is from is over`);
    return { kind: 'result', stateFor: platform => stateFor(result, platform) };
  }

  async #return(call: Call): Promise<void> {
    const { result, error } = wire.RETURN_REQUEST.decode(await oneRequest(call));
    const job = await this.#job(String(call.headers[BUILD_ID] ?? ''), call.signal);
    if (error?.code) job.finish('', new ReturnedError(error));
    else job.finish(result?.ref?.id ?? '');
    await call.send(wire.NOTHING.encode({}));
  }

  async #diskUsage(call: Call): Promise<void> {
    const { filter } = wire.DISK_USAGE_REQUEST.decode(await oneRequest(call));
    const used = await usedCache(this.#parts);
    const record = used.filter(await cacheFilter(filter)).map(entry => ({
      id: entry.ID,
      inUse: entry.InUse,
      sizeBytes: entry.Size,
      createdAt: Date.parse(entry.CreatedAt),
      lastUsedAt: entry.LastUsedAt === null ? undefined : Date.parse(entry.LastUsedAt),
      usageCount: entry.UsageCount,
      description: entry.Description,
      recordType: entry.Type,
      shared: entry.Shared,
    }));
    await call.send(wire.DISK_USAGE_RESPONSE.encode({ record }));
  }

  async #prune(call: Call): Promise<void> {
    const request = wire.PRUNE_REQUEST.decode(await oneRequest(call));
    const before = new Map((await usedCache(this.#parts)).map(entry => [entry.ID, entry]));
    const { CachesDeleted } = await prunedCache(this.#parts, {
      all: request.all,
      space: {
        reservedBytes: request.reservedSpace,
        maxUsedBytes: request.maxUsedSpace,
        minFreeBytes: request.minFreeSpace,
      },
      unusedForMs: request.keepDurationNs / 1e6,
      filters: request.filter,
    });
    for (const id of CachesDeleted ?? [])
      await call.send(wire.USAGE_RECORD.encode({ id, sizeBytes: before.get(id)?.Size ?? 0 }));
  }
}

type SolveRequest = MessageOf<typeof wire.SOLVE_REQUEST>;

function recordOf({ ref, frontend, frontendAttributes, exporters }: SolveRequest): BuildRecord {
  return { ref, frontend, frontendAttributes, exporters, createdAt: Date.now() };
}

function rpcStatusOf(error: unknown): RpcStatus {
  const details = sourceDetails(error);
  if (details !== undefined) return wire.RPC_STATUS.decode(details);
  return { code: statusOf(error), message: messageOf(error) };
}

type WireOption = Partial<{ type: string; attributes: Record<string, string> }> | undefined;

function optionsOf(options: readonly WireOption[]): { type: string; attributes: Attributes }[] {
  return options.map(option => ({ type: option?.type ?? '', attributes: option?.attributes ?? {} }));
}

type InputDefinitions = MessageOf<typeof wire.BRIDGE_SOLVE_REQUEST>['inputs'];

/** @throws EngineError not-found */
function stateFor({ states }: Result, platform: Platform): StageState {
  const found =
    states.length === 1 ? states[0] : states.find(state => isForPlatform(state.platform, platform));
  if (found !== undefined) return found;
  throw new EngineError('not-found', `a build has no result for ${formatPlatform(platform)}`);
}

/** Other front ends than our own are images that would have to be run. */
function attributesOf(frontend: string, attributes: Attributes): Attributes {
  const { source = '' } = attributes;
  const isOwn =
    frontend === 'dockerfile.v0' ||
    (frontend === 'gateway.v0' && /(?:^|\/)docker\/dockerfile[:@]?/.test(source));
  if (isOwn) return attributes;
  throw new EngineError('not-implemented', `the front end ${frontend} ${source} cannot be run`);
}

function worker() {
  return {
    id: 'slipway',
    labels: {
      'org.mobyproject.buildkit.worker.executor': 'slipway',
      // What tells buildx that there are all exporters, and not the daemon's own image store alone.
      'org.mobyproject.buildkit.worker.snapshotter': 'slipway',
    },
    platforms: [hostPlatform()],
    version: VERSION,
  };
}

function pong() {
  const enabled = CAPABILITIES.map(id => ({ id, enabled: true }));
  const llb = LLB_CAPABILITIES.map(id => ({ id, enabled: true }));
  return { frontendCapabilities: enabled, llbCapabilities: llb, workers: [worker()] };
}

type RpcStatus = Partial<MessageOf<typeof wire.RPC_STATUS>>;

/** What a client has been told by one call, and gives back by another, with all that it knows of it. */
class ReturnedError extends EngineError {
  readonly status: RpcStatus;

  constructor(status: RpcStatus) {
    super(kindOf(status.code ?? 0), status.message ?? '');
    this.status = status;
  }
}

/** Where a failure happened, for clients that show the lines of the Dockerfile (BuildKit's errdefs.Source). */
export function sourceDetails(error: unknown): Uint8Array | undefined {
  if (error instanceof ReturnedError)
    return wire.RPC_STATUS.encode({ ...error.status, code: statusOf(error) });
  if (!(error instanceof DockerfileError) || error.source === undefined) return undefined;
  const { name, text } = error.source;
  const { start, end } = error.range;
  const source = {
    info: {
      filename: name,
      data: Buffer.from(text).toString('base64'),
      language: 'Dockerfile',
    },
    ranges: [{ start: { line: start }, end: { line: end } }],
  };
  const detail = {
    typeUrl: 'github.com/moby/buildkit/errdefs.Source+json',
    value: Buffer.from(JSON.stringify(source)),
  };
  return wire.RPC_STATUS.encode({ code: statusOf(error), message: messageOf(error), details: [detail] });
}
