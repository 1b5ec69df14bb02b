import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type {
  CgroupStats,
  FileWrite,
  Task,
  CreateOptions,
  ExecDriver,
  ExecOptions,
  ExecProcess,
  ExitStatus,
} from '../../execdriver/driver.ts';
import { nowNs } from '../model/clock.ts';

/** A process that exists in memory only. Tests end it. */
export class FakeProcess implements ExecProcess {
  readonly id: string;
  readonly pid = process.pid;
  readonly signals: number[] = [];
  readonly size: number[] = [];
  isStarted = false;
  /** Thrown by `start`. */
  startError: Error | undefined;
  readonly #exit = Promise.withResolvers<ExitStatus>();
  #hasExited = false;
  readonly #streams: Socket[] = [];

  constructor(id: string) {
    this.id = id;
  }

  get exited(): Promise<ExitStatus> {
    return this.#exit.promise;
  }

  async start(): Promise<void> {
    if (this.startError) throw this.startError;
    this.isStarted = true;
  }

  async attach(): Promise<Socket> {
    const path = join(tmpdir(), `fake-${newId().slice(0, 12)}`);
    const server = createServer().listen(path);
    const accepted = new Promise<Socket>(resolve => server.once('connection', resolve));
    const socket = connect(path);
    const stream = await accepted;
    server.close();
    // Its reader may have gone.
    stream.on('error', () => undefined);
    if (this.#hasExited) stream.end();
    this.#streams.push(stream);
    return socket;
  }

  /** How many are attached. */
  get clientCount(): number {
    return this.#streams.filter(stream => !stream.destroyed).length;
  }

  /** Writes to all that are attached. */
  write(data: Buffer | string): void {
    for (const stream of this.#streams) stream.write(data);
  }

  async resize(rows: number, columns: number): Promise<void> {
    this.size.splice(0, 2, rows, columns);
  }

  /** Ends by SIGKILL, and by SIGTERM unless it was told to ignore that. */
  ignoresTerm = false;

  async kill(signal: number): Promise<void> {
    if (this.#hasExited) throw new EngineError('conflict', 'it has exited');
    this.signals.push(signal);
    if (signal === 9 || (signal === 15 && !this.ignoresTerm)) this.exit(128 + signal);
  }

  exit(code: number, oomKilled = false): void {
    this.#hasExited = true;
    for (const stream of this.#streams) stream.end();
    this.#exit.resolve({ code, oomKilled, exitedAtNs: nowNs() });
  }
}

export class FakeContainer extends FakeProcess implements Task {
  readonly options: CreateOptions;
  readonly execs: FakeProcess[] = [];
  isFrozen = false;
  isRemoved = false;
  updates: unknown[] = [];

  constructor(options: CreateOptions) {
    super(options.id);
    this.options = options;
  }

  /** How the next execs are made, where it is not at once. */
  onExec: (process: FakeProcess, options: ExecOptions) => Promise<void> = async () => undefined;

  async exec(options: ExecOptions): Promise<ExecProcess> {
    const process = new FakeProcess(options.id);
    this.execs.push(process);
    await this.onExec(process, options);
    return process;
  }

  findExec(id: string): ExecProcess | undefined {
    return this.execs.find(process => process.id === id);
  }

  async pause(): Promise<void> {
    this.isFrozen = true;
  }

  async resume(): Promise<void> {
    this.isFrozen = false;
  }

  async update(resources: unknown): Promise<void> {
    this.updates.push(resources);
  }

  outOfMemory: () => void = () => undefined;

  watchMemory(listener: () => void): void {
    this.outOfMemory = listener;
  }

  async pids(): Promise<number[]> {
    return [this.pid];
  }

  readonly cgroupPaths = { mode: 'v1' as const, v1: {}, unifiedControllers: [] };

  async stats(): Promise<CgroupStats> {
    return {
      cpu: {
        usageNs: 5n,
        userNs: 3n,
        systemNs: 2n,
        periods: 0,
        throttledPeriods: 0,
        throttledNs: 0n,
        burstPeriods: 0,
        burstNs: 0n,
      },
      memory: {
        usageBytes: 4096,
        maxUsageBytes: 8192,
        limitBytes: 1 << 20,
        failures: 0,
        stat: { cache: 1 },
        swapBytes: 0,
        oomKills: 0,
      },
      pids: { current: 1, limit: 0 },
      blkio: [],
      pressure: {},
      cgroupVersion: 1,
    };
  }

  /** What the shim would write, and the triggers that it would watch. */
  alone: readonly FileWrite[] = [];
  triggers: readonly FileWrite[] = [];
  pressure: (index: number) => void = () => undefined;

  async whenAlone(writes: readonly FileWrite[]): Promise<void> {
    this.alone = writes;
  }

  async watchPressure(triggers: readonly FileWrite[], listener: (index: number) => void): Promise<void> {
    this.triggers = triggers;
    this.pressure = listener;
  }

  filesLimit: number | undefined;
  filesRefused: (count: number) => void = () => undefined;

  async limitFiles(limit: number): Promise<boolean> {
    if (this.options.filesLimit === undefined) return false;
    this.filesLimit = limit;
    return true;
  }

  watchFiles(listener: (refused: number) => void): void {
    this.filesRefused = listener;
  }

  async keep(): Promise<void> {}

  async closeSocket(): Promise<void> {}

  async leadRelays(): Promise<void> {}

  async openFiles() {
    return { processes: 1, descriptors: 3 };
  }

  async remove(): Promise<void> {
    this.isRemoved = true;
    rmSync(this.options.stateDir, { recursive: true, force: true });
  }
}

/** Runs nothing. Its containers outlive a daemon that is closed, as those of the real driver. */
export class FakeExecDriver implements ExecDriver {
  readonly name = 'fake';
  readonly containers: FakeContainer[] = [];
  /** Thrown by the next `create`. */
  createError: Error | undefined;
  /** Thrown by `recover`. */
  recoverError: Error | undefined;
  /** The cgroups whose processes were ended. */
  readonly endedCgroups: string[] = [];
  /** Whether `create` does not return until it is given up. */
  hangs = false;
  /** Told of each container before `create` returns. */
  onCreate: (container: FakeContainer) => void = () => undefined;

  get last(): FakeContainer {
    const container = this.containers.at(-1);
    if (container === undefined) throw new TypeError('no container has been created');
    return container;
  }

  async create(options: CreateOptions): Promise<Task> {
    const error = this.createError;
    this.createError = undefined;
    if (error) throw error;
    if (this.hangs) await untilAborted(options.signal, new Promise<never>(() => undefined));
    mkdirSync(options.stateDir, { recursive: true });
    const container = new FakeContainer(options);
    this.containers.push(container);
    this.onCreate(container);
    return container;
  }

  async recover(id: string): Promise<Task> {
    if (this.recoverError !== undefined) throw this.recoverError;
    const container = this.containers.findLast(one => one.id === id && !one.isRemoved);
    if (container === undefined) throw new EngineError('not-found', `nothing known of ${id}`);
    return container;
  }

  async endStrays(cgroupsPath: string): Promise<void> {
    this.endedCgroups.push(cgroupsPath);
  }

  async limitParent(): Promise<void> {}

  explain(): string[] {
    return ['exec'];
  }

  close(): void {}
}
