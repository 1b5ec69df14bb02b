import { rmSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { settlesWithin } from '../../base/settles-within.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { CgroupPaths } from '../../cgroups/cgroup-paths.ts';
import type { CgroupStats } from '../../cgroups/cgroup-stats.ts';
import { countOpenFiles, type OpenFiles } from '../../cgroups/count-open-files.ts';
import { CgroupSampler } from '../../cgroups/cgroup-sampler.ts';
import { HeldFiles } from '../../cgroups/held-files.ts';
import { compileExec } from '../../libcontainer/compile-exec.ts';
import type { Plan } from '../../libcontainer/plan.ts';
import type { Resources } from '../../oci/runtime-spec.ts';
import { MESSAGES, PROTOCOL_VERSION, RELAYS_ARE_LED, STATES, writePlan } from '../../libcontainer/wire.ts';
import type { FieldWriter } from '../../libcontainer/field-writer.ts';
import type {
  Task,
  ExecOptions,
  ExecProcess,
  ExitStatus,
  FileWrite,
  ProcessIo,
  SocketRelay,
} from '../driver.ts';
import { type ContainerState, readExit } from './container-state.ts';
import { connectShim, descriptorOf } from './connect-shim.ts';
import { describeFailure } from './describe-failure.ts';
import { NativeProcess } from './native-process.ts';
import { ShimFailure } from './shim-failure.ts';
import { MAX_PASSED } from './shim-pool.ts';
import type { ProcessRecord, ShimConnection } from './shim-connection.ts';
import { forUnit, updateScope } from './systemd/scope.ts';

const SIGKILL = 9;
/**
 * A shim whose clients do not read what is left for them stays, and so does a process that waits for a broken disk:
 * this long they may hold up a removal.
 */
export const PATIENCE_MS = 10_000;
/** What a process takes to end, once it is killed. */
const MOMENT_MS = 1000;
/** What a process meets that is to join one which ends: it is not there, its namespace takes no more, or ends the newcomer. */
const SIGNS_OF_END = ['ESRCH', 'ENOMEM', 'EPIPE'];
/** How long the files of its counters stay open after the last reading. */
const FILES_IDLE_MS = 5000;

export type NativeTaskOptions = {
  connection: ShimConnection | undefined;
  stateDir: string;
  state: ContainerState;
  record: Pick<ProcessRecord, 'id' | 'pid' | 'number'>;
  plan: Plan | undefined;
  /** Whether the process executes already. */
  isStarted?: boolean;
  /** Called when it does. */
  started?: () => void;
};

/** A container whose processes belong to a shim. */
export class NativeTask extends NativeProcess implements Task {
  readonly #connection: ShimConnection | undefined;
  readonly #stateDir: string;
  readonly #state: ContainerState;
  readonly #plan: Plan | undefined;
  readonly #cgroup: Cgroup;
  readonly #isStarted: boolean;
  readonly #started: () => void;
  #ranOutOfMemory = false;
  readonly #files = new HeldFiles();
  readonly #sampler: CgroupSampler;
  #closeFiles: NodeJS.Timeout | undefined;
  readonly #execs = new Map<number, NativeProcess>();
  /** Exits that were reported in one breath with the process's creation. */
  readonly #early = new Map<number, ProcessRecord>();

  constructor({
    connection,
    stateDir,
    state,
    record,
    plan,
    isStarted = false,
    started = () => undefined,
  }: NativeTaskOptions) {
    super(connection, stateDir, record);
    this.#isStarted = isStarted;
    this.#started = started;
    this.#connection = connection;
    this.#stateDir = stateDir;
    this.#state = state;
    this.#plan = plan;
    this.#cgroup = new Cgroup(state.cgroupPaths);
    this.#sampler = new CgroupSampler(state.cgroupPaths, this.#files);
    if (!connection) return;
    connection.onExit = exit => this.processExited(exit);
    connection.onOutOfMemory = () => {
      this.#ranOutOfMemory = true;
    };
    void connection.closed.then(() => this.shimEnded());
  }

  /** A shim that does not answer is no help any more: its container ends with it. */
  override async kill(signal: number): Promise<void> {
    await super.kill(signal).catch(error => {
      if (signal !== SIGKILL || !this.#connection?.isSilent) throw error;
      this.#connection.kill();
    });
    if (signal === SIGKILL) void this.#killAll();
  }

  /** Another process of the container may trace the first one, and keep it from ending (ptrace(2), PTRACE_O_TRACEEXIT). */
  async #killAll(): Promise<void> {
    if (!(await settlesWithin(this.exited, MOMENT_MS))) await this.#cgroup.kill().catch(() => undefined);
  }

  override async start(): Promise<void> {
    if (this.#isStarted) return;
    try {
      await super.start();
      this.#started();
    } catch (error) {
      throw describeFailure(error, this.#plan ?? { parent: [], child: [], cleanup: [] });
    }
  }

  async exec({ id, io, signal, ...options }: ExecOptions): Promise<ExecProcess> {
    if (!this.#connection || this.#connection.socket.destroyed || this.hasExited)
      throw new EngineError('conflict', `container ${this.id} is not running`);
    if (signal?.aborted) throw new EngineError('cancelled', `the process ${id} is no longer wanted`);
    const connection = this.#connection;
    const { spec, cgroupPaths, asksForFiles } = this.#state;
    const process = { ...options.process, terminal: io.terminal };
    const plan = compileExec({
      spec,
      process,
      cgroupPaths,
      rows: io.rows,
      columns: io.columns,
      asksForFiles,
    });
    const cancel = (): void => void killProcess(connection, id).catch(() => undefined);
    signal?.addEventListener('abort', cancel);
    try {
      const reply = await connection.request(MESSAGES.exec, writer => {
        writer.int(ioFlags(io));
        writer.string(id);
        writePlan(writer, plan);
      });
      const record = { id, number: reply.int(), pid: reply.int() };
      return this.addExec(record, plan);
    } catch (error) {
      throw await this.#whyNot(error, plan);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Why a process was not executed: because the container ends, if it does. */
  async #whyNot(error: unknown, plan?: Plan): Promise<unknown> {
    const { code, kind } = error as { code?: string; kind?: string };
    const mayHaveEnded = kind === 'unavailable' || SIGNS_OF_END.includes(code ?? '');
    if (mayHaveEnded && (await settlesWithin(this.exited, MOMENT_MS)))
      return new EngineError('conflict', `container ${this.id} is not running`, { cause: error });
    return plan === undefined ? error : describeFailure(error, plan);
  }

  findExec(id: string): ExecProcess | undefined {
    return [...this.#execs.values()].find(process => process.id === id);
  }

  /** Makes a process known that the shim has. */
  addExec(record: Pick<ProcessRecord, 'id' | 'pid' | 'number'>, plan?: Plan): NativeProcess {
    const whyNot = (error: unknown) => this.#whyNot(error, plan);
    const process = new NativeExec(this.#connection, this.#stateDir, record, whyNot);
    const exit = this.#early.get(record.number);
    this.#early.delete(record.number);
    if (exit) process.settle(exitStatusOf(exit));
    else this.#execs.set(record.number, process);
    return process;
  }

  processExited(record: ProcessRecord): void {
    const process = record.number === 0 ? this : this.#execs.get(record.number);
    this.#execs.delete(record.number);
    if (process) process.settle(exitStatusOf(record));
    else this.#early.set(record.number, record);
  }

  async pause(): Promise<void> {
    await this.#cgroup.freeze();
  }

  async resume(): Promise<void> {
    await this.#cgroup.thaw();
  }

  async update(resources: Resources): Promise<void> {
    const { scope, spec, cgroupPaths } = this.#state;
    const unified = cgroupPaths.mode === 'v2';
    if (scope) await updateScope(scope, forUnit(spec.linux?.resources, resources), unified);
    this.#cgroup.update(resources);
    this.#files.unsettle();
    this.#sampler.forget();
  }

  watchMemory(listener: () => void): void {
    if (this.#connection) this.#connection.onOutOfMemory = listener;
    if (this.#ranOutOfMemory) listener();
  }

  async whenAlone(writes: readonly FileWrite[], patienceMs: number): Promise<void> {
    await this.#ask(MESSAGES.whenAlone, writer => {
      writer.int(patienceMs);
      writeFiles(writer, writes);
    });
  }

  async watchPressure(triggers: readonly FileWrite[], listener: (index: number) => void): Promise<void> {
    if (this.#connection) this.#connection.onPressure = listener;
    await this.#ask(MESSAGES.pressure, writer => writeFiles(writer, triggers)).catch(error => {
      if (!(error instanceof ShimFailure)) throw error;
      throw new EngineError(
        'invalid-parameter',
        `the kernel refuses to watch the pressure: ${error.message}`,
      );
    });
  }

  async limitFiles(limit: number): Promise<boolean> {
    if (!this.#state.asksForFiles) return false;
    await this.#ask(MESSAGES.filesLimit, writer => writer.int(limit));
    return true;
  }

  watchFiles(listener: (refused: number) => void): void {
    if (this.#connection) this.#connection.onFilesRefused = listener;
  }

  async keep(descriptors: readonly number[]): Promise<void> {
    if (descriptors.length === 0) return;
    // A connection of its own: descriptors go past the queue of its socket.
    const connection = await connectShim(this.#stateDir);
    try {
      const socket = descriptorOf(connection.socket);
      for (let at = 0; at < descriptors.length; at += MAX_PASSED)
        await connection.requestWith(socket, descriptors.slice(at, at + MAX_PASSED), MESSAGES.keep);
    } catch (error) {
      throw cannotKeep(error);
    } finally {
      connection.close();
    }
  }

  async closeSocket({ protocol, address }: { protocol: number; address: Buffer }): Promise<void> {
    await this.#ask(MESSAGES.closeSocket, writer => {
      writer.int(protocol);
      writer.bytesField(address);
    }).catch(error => {
      throw cannotKeep(error);
    });
  }

  async leadRelays(relays: readonly SocketRelay[]): Promise<void> {
    if ((this.#state.protocol ?? PROTOCOL_VERSION) < RELAYS_ARE_LED) return;
    await this.#ask(MESSAGES.leadRelays, writer => {
      // The shim has them the other way round.
      for (const { from, target, linkIndex } of relays.toReversed()) {
        writer.int(from.protocol);
        writer.bytesField(from.address);
        writer.bytesField(target);
        writer.int(linkIndex);
      }
    });
  }

  async #ask(type: number, write: (writer: FieldWriter) => void): Promise<void> {
    if (!this.#connection) throw new EngineError('conflict', `container ${this.id} is not running`);
    await this.#connection.request(type, write);
  }

  async pids(): Promise<number[]> {
    return this.#cgroup.pids();
  }

  get cgroupPaths(): CgroupPaths {
    return this.#state.cgroupPaths;
  }

  /** Clients that follow a container's readings ask again every second or so. */
  async stats(): Promise<CgroupStats> {
    this.#useFiles();
    return this.#sampler.sample();
  }

  async openFiles(): Promise<OpenFiles> {
    return countOpenFiles(this.#cgroup.pidsBy(this.#useFiles().read));
  }

  #useFiles(): HeldFiles {
    this.#closeFiles ??= setTimeout(() => this.#files.close(), FILES_IDLE_MS).unref();
    this.#closeFiles.refresh();
    return this.#files;
  }

  async remove(): Promise<void> {
    this.#files.close();
    if (this.#connection && !this.hasExited) {
      if (this.#cgroup.frozen) await this.#cgroup.thaw();
      await this.kill(SIGKILL).catch(() => undefined);
      if (!(await settlesWithin(this.exited, PATIENCE_MS))) throw this.#doesNotEnd();
    }
    if (this.#connection) await settlesWithin(this.#connection.closed, PATIENCE_MS);
    // What a shim that was itself killed could not do. Finds nothing otherwise.
    if (this.#cgroup.exists && !(await this.#cgroup.destroy(PATIENCE_MS))) throw this.#doesNotEnd();
    // A handful of small files: quicker done than handed to another thread.
    rmSync(this.#stateDir, { recursive: true, force: true });
  }

  /**
   * Processes that outlived the shim are killed before the container is said to have exited: a process may ask the kernel not
   * to be killed with its parent (prctl(2), PR_SET_PDEATHSIG), and its children are not. Returns when it has exited,
   * or after a while.
   */
  async shimEnded(): Promise<void> {
    if (this.hasExited || this.#connection?.released) return;
    await settlesWithin(this.#endOrphans(), PATIENCE_MS);
  }

  #doesNotEnd(): EngineError {
    return new EngineError('system', `processes of container ${this.id} do not end`);
  }

  async #endOrphans(): Promise<void> {
    // What cannot be ended is told of by `remove`.
    await this.#cgroup.destroy().catch(() => false);
    this.settle(readExit(this.#stateDir) ?? lostStatus());
    for (const process of this.#execs.values()) process.settle(lostStatus());
    this.#execs.clear();
  }
}

/** One of an earlier version does not know the request. */
function cannotKeep(error: unknown): unknown {
  if (!(error instanceof ShimFailure)) return error;
  return new EngineError('conflict', `the container cannot keep or give up a port: ${error.message}`, {
    cause: error,
  });
}

function writeFiles(writer: FieldWriter, files: readonly FileWrite[]): void {
  for (const { path, data } of files) {
    writer.string(path);
    writer.string(data);
  }
}

/** One that the shim has yet to tell the number of. */
async function killProcess(connection: ShimConnection, id: string): Promise<void> {
  const process = (await connection.processes()).find(record => record.id === id && !isExited(record));
  if (process === undefined) return;
  await connection.request(MESSAGES.kill, writer => {
    writer.int(process.number);
    writer.int(SIGKILL);
  });
}

class NativeExec extends NativeProcess {
  readonly #whyNot: (error: unknown) => Promise<unknown>;

  constructor(
    connection: ShimConnection | undefined,
    stateDir: string,
    record: Pick<ProcessRecord, 'id' | 'pid' | 'number'>,
    whyNot: (error: unknown) => Promise<unknown>,
  ) {
    super(connection, stateDir, record);
    this.#whyNot = whyNot;
  }

  override async start(): Promise<void> {
    try {
      await super.start();
    } catch (error) {
      throw await this.#whyNot(error);
    }
  }
}

export function ioFlags(io: ProcessIo): number {
  return (io.terminal ? 1 : 0) | (io.stdin ? 2 : 0) | (io.stdinOnce ? 4 : 0);
}

export function exitStatusOf(record: ProcessRecord): ExitStatus {
  return { code: record.exitCode, oomKilled: record.oomKilled, exitedAtNs: record.exitedAtNs };
}

export function isExited(record: ProcessRecord): boolean {
  return record.state === STATES.exited;
}

/** For a process whose end was not seen: 255, as containerd has it. */
function lostStatus(): ExitStatus {
  return { code: 255, oomKilled: false, exitedAtNs: BigInt(Date.now()) * 1_000_000n };
}
