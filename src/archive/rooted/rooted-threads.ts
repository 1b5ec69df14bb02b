import { closeSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../base/errors.ts';
import { LIBRARY_KEY, libraryPath, syscallResult } from '../../kernel/libc.ffi.ts';
import { openRoot } from '../../kernel/thread-root.ts';
import {
  isRemoval,
  isWaiting,
  type RootedJob,
  type RootedReply,
  type RootedRequest,
  type RootedResult,
  type RootedWorkerData,
} from './rooted-jobs.ts';

/** How many jobs run at once that do not wait for another process. */
const MAXIMUM_JOBS = Math.min(Math.max(availableParallelism(), 2), 8);
/** More jobs that wait for another process are refused: a thread takes some megabytes. */
const MAXIMUM_THREADS = 128;
/** Removals are not awaited, so they leave room for jobs that are. */
const MAXIMUM_REMOVALS = MAXIMUM_JOBS - 1;
/** A job makes garbage all the time, which need not pile up; the default lets it reach some 50 MB. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 2 };
/** An idle thread costs some 10 MB, a new one some 40 ms. */
const IDLE_MS = 10_000;

/** For a job whose stream has ended. */
const PATIENCE_MS = 1000;
const SHUT_RDWR = 2;

type Task = {
  request: RootedRequest;
  progress: ((bytes: number) => void) | undefined;
  resolve: (result: never) => void;
  reject: (error: Error) => void;
};

/**
 * Threads for jobs inside a directory (rooted-jobs.ts). They are started when needed, and end when idle for a
 * while; the program may end while they are idle.
 */
export class RootedThreads {
  readonly #idle: RootedThread[] = [];
  readonly #waiting: Task[] = [];
  readonly #removals: Task[] = [];
  readonly #all = new Set<RootedThread>();
  readonly #idleMs: number;
  readonly #maximumThreads: number;
  readonly #program = workerProgram();
  /** The root that threads return to, a descriptor for all of them: one that is ended closes nothing. */
  readonly #home = openRoot('/');
  #nextId = 1;
  #closed: Promise<void> | undefined;

  /** See {@link RootedThreads.open}. */
  private constructor(idleMs: number, maximumThreads: number) {
    this.#idleMs = idleMs;
    this.#maximumThreads = maximumThreads;
  }

  /**
   * Must be used, and not the constructor: the pool's threads have to start before any thread is rooted.
   * @param idleMs how long a thread waits for work before it ends
   * @param maximumThreads with so many at work, jobs that wait for another process are refused
   */
  static async open(idleMs = IDLE_MS, maximumThreads = MAXIMUM_THREADS): Promise<RootedThreads> {
    await stat('/');
    return new RootedThreads(idleMs, maximumThreads);
  }

  /**
   * Runs a job. Those that wait for another process (isWaiting) begin at once, however many there are; of the others
   * only some run at a time.
   * @throws EngineError as the job does; `unavailable` when closed, or when too many wait
   */
  run<K extends RootedJob['kind']>(
    job: Extract<RootedJob, { kind: K }>,
    progress?: (bytes: number) => void,
  ): Promise<RootedResult[K]> {
    return new Promise((resolve, reject) => {
      const task: Task = { request: { id: this.#nextId++, job }, progress, resolve, reject };
      if (this.#closed !== undefined) reject(closedError());
      else if (isWaiting(job) && this.#isFull) reject(tooManyError());
      else this.#dispatch(task);
    });
  }

  /** Starts a thread ahead of the first job. */
  warmUp(): void {
    if (this.#all.size === 0 && this.#closed === undefined) this.#release(this.#start());
  }

  /** Ends all threads; jobs not done yet fail. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const { reject } of [...this.#waiting.splice(0), ...this.#removals.splice(0)]) reject(closedError());
    await Promise.all([...this.#all].map(thread => thread.end()));
    closeSync(this.#home);
  }

  #dispatch(task: Task): void {
    if (this.#mayStart(task)) (this.#idle.pop() ?? this.#start()).run(task);
    else (isRemoval(task.request.job) ? this.#removals : this.#waiting).push(task);
  }

  get #isFull(): boolean {
    return this.#idle.length === 0 && this.#all.size >= this.#maximumThreads;
  }

  #mayStart({ request: { job } }: Task): boolean {
    if (isWaiting(job)) return true;
    const running = [...this.#all].flatMap(thread => thread.job ?? []).filter(other => !isWaiting(other));
    if (running.length >= MAXIMUM_JOBS) return false;
    return !isRemoval(job) || running.filter(isRemoval).length < MAXIMUM_REMOVALS;
  }

  /** The job that is next: a removal only when there is nothing else. */
  #nextWaiting(): Task | undefined {
    const queue = this.#waiting.length > 0 ? this.#waiting : this.#removals;
    return queue[0] !== undefined && this.#mayStart(queue[0]) ? queue.shift() : undefined;
  }

  #start(): RootedThread {
    const thread = new RootedThread({
      home: this.#home,
      program: this.#program,
      onFree: () => this.#release(thread),
      onExit: () => {
        this.#all.delete(thread);
        this.#forgetIdle(thread);
        const next = this.#nextWaiting();
        if (next !== undefined) this.#dispatch(next);
      },
    });
    this.#all.add(thread);
    return thread;
  }

  #release(thread: RootedThread): void {
    const next = this.#nextWaiting();
    if (next !== undefined) return thread.run(next);
    this.#idle.push(thread);
    thread.rest(this.#idleMs, () => this.#forgetIdle(thread));
  }

  #forgetIdle(thread: RootedThread): void {
    const index = this.#idle.indexOf(thread);
    if (index >= 0) this.#idle.splice(index, 1);
  }
}

type ThreadOptions = RootedWorkerData & {
  program: string | URL;
  onFree: () => void;
  onExit: () => void;
};

/**
 * What a thread runs: in development the source as it is, by its place; of a bundle the text, as the package may have
 * been replaced or removed when the next thread starts.
 */
function workerProgram(): string | URL {
  if (import.meta.url.endsWith('.ts')) return new URL('./rooted-worker.ts', import.meta.url);
  const text = readFileSync(new URL('./rooted-worker.cjs', import.meta.url), 'utf8');
  return `globalThis[Symbol.for('${LIBRARY_KEY}')] = ${JSON.stringify(libraryPath())};\n${text}`;
}

/** One worker, one job at a time. */
class RootedThread {
  readonly #worker: Worker;
  readonly #onFree: () => void;
  readonly #onExit: () => void;
  #task: Task | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onDone: (() => void) | undefined;

  constructor({ home, program, onFree, onExit }: ThreadOptions) {
    this.#onFree = onFree;
    this.#onExit = onExit;
    // Descriptors come from and go to raw system calls, which the worker's own bookkeeping does not see.
    const workerData: RootedWorkerData = { home };
    this.#worker = new Worker(program, {
      eval: typeof program === 'string',
      workerData,
      trackUnmanagedFds: false,
      resourceLimits: RESOURCE_LIMITS,
    });
    this.#worker.on('message', (reply: RootedReply) => this.#onReply(reply));
    this.#worker.on('error', error => this.#fail(error as Error));
    this.#worker.on('exit', () => {
      this.#fail(closedError());
      this.#onExit();
    });
    this.#worker.unref();
  }

  /** What it is doing. */
  get job(): RootedJob | undefined {
    return this.#task?.request.job;
  }

  run(task: Task): void {
    clearTimeout(this.#timer);
    this.#task = task;
    this.#worker.ref();
    this.#worker.postMessage(task.request);
  }

  /** Ends it after a while without work. `onEnd` is called first: from then on it takes no job any more. */
  rest(idleMs: number, onEnd: () => void): void {
    this.#timer = setTimeout(() => {
      onEnd();
      void this.end();
    }, idleMs).unref();
  }

  /** What it does fails; where it waits for another process, it has the time to close what it has open. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.job !== undefined && hangUp(this.job)) {
      const hasFailed = new Promise<void>(resolve => (this.#onDone = resolve));
      await Promise.race([hasFailed, delay(PATIENCE_MS, undefined, { ref: false })]);
    }
    await this.#worker.terminate();
  }

  #onReply(reply: RootedReply): void {
    const task = this.#task;
    if (task === undefined || reply.id !== task.request.id) return;
    if ('progressBytes' in reply) return task.progress?.(reply.progressBytes);
    this.#task = undefined;
    this.#worker.unref();
    this.#onDone?.();
    this.#onFree();
    if ('error' in reply) {
      const { kind, message, hint } = reply.error;
      task.reject(new EngineError(kind, message, hint === undefined ? {} : { hint }));
    } else task.resolve(reply.result as never);
  }

  #fail(error: Error): void {
    this.#task?.reject(error);
    this.#task = undefined;
  }
}

/** Ends the stream that a job writes or reads, so that it waits no longer. Whether it has one. */
function hangUp(job: RootedJob): boolean {
  const descriptor = 'inputFd' in job ? job.inputFd : 'outputFd' in job ? job.outputFd : undefined;
  return descriptor !== undefined && syscallResult('shutdown', descriptor, SHUT_RDWR) === 0;
}

function tooManyError(): EngineError {
  return new EngineError('unavailable', 'too many archives are being read and written');
}

function closedError(): EngineError {
  return new EngineError('unavailable', 'the image store is closed');
}
