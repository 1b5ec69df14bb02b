import { type Complete, withoutNulls } from './complete.ts';
import type * as api from '../../api/types.ts';
import type { ExecProcess, ExitStatus } from '../../execdriver/driver.ts';
import type { Process } from '../../oci/runtime-spec.ts';
import type { ClientSession } from './client-session.ts';
import type { Container } from './container.ts';
import { conflict } from './errors.ts';

/** What is to be executed, with nothing left open: completed once, when the exec is created. */
export type CompletedExecConfig = Complete<api.ExecConfig, { ConsoleSize: [number, number] }>;

const NOTHING: CompletedExecConfig = {
  User: '',
  Privileged: false,
  Tty: false,
  ConsoleSize: [0, 0],
  AttachStdin: false,
  AttachStderr: false,
  AttachStdout: false,
  DetachKeys: '',
  Env: [],
  WorkingDir: '',
  Cmd: [],
};

export function fillExecConfig(wanted: api.ExecConfig): CompletedExecConfig {
  return { ...NOTHING, ...withoutNulls(wanted) };
}

type EarlierExecRecord = Omit<ExecRecord, 'config'> & { config: api.ExecConfig };

/** A record as this or an earlier version may have written it: with a configuration in the API's form. */
export function upgradeExecRecord({ config, ...record }: EarlierExecRecord): ExecRecord {
  return { ...record, config: fillExecConfig(config) };
}

/** As stored. */
export type ExecRecord = {
  id: string;
  config: CompletedExecConfig;
  state: 'created' | 'running' | 'exited';
  exitCode: number | null;
  pid: number;
};

export type EndedExec = { id: string; containerId: string };

/** A second process in a container: asked for, running, or over. */
export class Exec {
  readonly record: ExecRecord;
  readonly container: Container;
  process: ExecProcess | undefined;
  /** What is to be executed; built when the exec is created, so that a bad user is told then. */
  spec: Process | undefined;
  /** How many characters the client's request has. */
  readonly size: number;
  bridge: ClientSession | undefined;
  readonly #exited = Promise.withResolvers<void>();
  #isClaimed = false;

  constructor(record: ExecRecord, container: Container, spec?: Process) {
    this.record = record;
    this.container = container;
    this.spec = spec;
    this.size = JSON.stringify([record, spec]).length;
    if (record.state === 'exited') this.#exited.resolve();
  }

  get id(): string {
    return this.record.id;
  }

  /** No client has begun to start it. */
  get isWaiting(): boolean {
    return this.record.state === 'created' && !this.#isClaimed;
  }

  /** For who is going to start it. @throws EngineError conflict, in Docker's words, for the second one */
  claim(): void {
    if (this.record.state === 'exited') throw conflict(`exec command ${this.id} has already run`);
    if (this.#isClaimed || this.record.state === 'running')
      throw conflict(`exec command ${this.id} is already running`);
    this.#isClaimed = true;
  }

  /** Settles when it is over. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** As events have it: Docker puts a space behind a command without arguments too. */
  get command(): string {
    const [name = '', ...args] = this.record.config.Cmd;
    return `${name} ${args.join(' ')}`;
  }

  settle({ code }: Pick<ExitStatus, 'code'>): void {
    Object.assign(this.record, { state: 'exited', exitCode: code });
    this.spec = undefined;
    this.bridge?.drain();
    this.#exited.resolve();
  }

  /** The shim ends with the container: what the client has not read yet must be taken out of it. */
  containerExited(): void {
    this.bridge?.drain();
  }

  inspect(): api.ExecInspect {
    const { id, config, state, exitCode, pid } = this.record;
    const [entrypoint = '', ...args] = config.Cmd;
    return {
      ID: id,
      Running: state === 'running',
      ExitCode: exitCode,
      ProcessConfig: {
        tty: config.Tty,
        entrypoint,
        arguments: args,
        privileged: config.Privileged,
        ...(config.User ? { user: config.User } : {}),
      },
      OpenStdin: config.AttachStdin,
      OpenStderr: config.AttachStderr,
      OpenStdout: config.AttachStdout,
      CanRemove: false,
      ContainerID: this.container.id,
      DetachKeys: config.DetachKeys,
      Pid: pid,
    };
  }
}
