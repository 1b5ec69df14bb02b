import type { Socket } from 'node:net';
import type { OpenFiles } from '../cgroups/count-open-files.ts';
import type { CgroupPaths } from '../cgroups/cgroup-paths.ts';
import type { CgroupStats } from '../cgroups/cgroup-stats.ts';
import type { NamespaceType, Process, Resources, Spec } from '../oci/runtime-spec.ts';

export type { CgroupStats } from '../cgroups/cgroup-stats.ts';

/**
 * Runs containers: everything between a runtime spec and the kernel. A container's processes belong to a
 * process of the driver's own (the shim), never to the daemon: they outlive it, and {@link ExecDriver.recover}
 * finds them again.
 */
export interface ExecDriver {
  readonly name: string;

  /**
   * Makes the container up to the point where its process has only to be started: namespaces, mounts, user,
   * capabilities are all in place. What goes wrong up to here leaves nothing behind.
   * @throws EngineError; kind `invalid-parameter` for a bad spec, `system` for a failing kernel operation,
   *   and a StartError (start-error.ts) when the process itself cannot be executed.
   */
  create(options: CreateOptions): Promise<Task>;

  /**
   * The container that an earlier daemon created with the same `id` and `stateDir`. If it exited meanwhile,
   * its `exited` promise is settled already, or settles at once. What still runs of it without a shim is
   * ended first, which may take a while.
   * @throws EngineError not-found when there is nothing in `stateDir`; conflict when it lives, and another version
   *   of the driver holds it in a way that this one does not understand: it goes on; others when it cannot be told now
   */
  recover(id: string, stateDir: string): Promise<Task>;

  /** Ends what runs in the cgroup that a spec names, when the container's `stateDir` has been lost. Settles when nothing is left, or after a while. */
  endStrays(cgroupsPath: string): Promise<void>;

  /**
   * Limits all containers together whose cgroups are below `parent`, those to come, too.
   * @throws EngineError, or the system's error when the kernel refuses
   */
  limitParent(parent: string, resources: Resources): Promise<void>;

  /** The operations that `create` would have executed, for people to read: a line for each. */
  explain(options: CreateOptions): string[];

  /** Lets go of all containers, which go on as they are. Their `exited` promises never settle after this. */
  close(): void;
}

/** Why a process could not be executed (see StartError in start-error.ts). */
export type StartFailure = 'not-found' | 'not-executable';

export type CreateOptions = {
  id: string;
  /** An absolute directory for the driver's own files, made by it and removed by `remove`. */
  stateDir: string;
  /** `root.path` is ignored in favour of `rootfs`. */
  spec: Spec;
  rootfs: Rootfs;
  io: ProcessIo;
  log?: LogFile;
  /** The network namespace to be joined, as a descriptor of this process; duplicated, the caller closes its own. */
  networkNamespace?: number;
  /** Those that the spec joins by a path, opened, and the mount namespace that sources `/proc/PID/root/…` are in; duplicated. */
  namespaces?: ReadonlyMap<NamespaceType, number>;
  /** The process executes as soon as it is ready, and `start` has nothing left to do: spares a round trip. */
  start?: boolean;
  /** Detached mounts that are bound in place of the spec's sources, by their destinations; duplicated. */
  mounts?: ReadonlyMap<string, number>;
  /** Descriptors that live as long as the container does (reserved ports); duplicated. */
  keepDescriptors?: readonly number[];
  /**
   * How much all its processes may have open together: descriptors, those that a fork copies too. 0: any number, until
   * `limitFiles` says otherwise. Undefined: that cannot be said later either, and calls cost nothing more.
   */
  filesLimit?: number;
  /** Gives the creation up when it is aborted, whatever the kernel is doing: it fails with the signal's reason. */
  signal?: AbortSignal;
};

/** How the root file system comes to be inside the container's mount namespace. Host paths. */
export type Rootfs =
  | {
      type: 'overlay';
      /** Topmost first. */
      lowerdirs: string[];
      upperdir: string;
      workdir: string;
      /** An empty directory to mount it on; the mount is seen by the container alone. */
      target: string;
      /** As mount(8) has them: `redirect_dir=off`. */
      options?: string[];
    }
  | { type: 'bind'; path: string }
  /** A mount that `open` makes when it is needed: it gives a descriptor of a detached one, for the driver to close. */
  | { type: 'mount'; open(): Promise<number> };

export type ProcessIo = {
  /** A pseudo-terminal instead of pipes. */
  terminal: boolean;
  /** Keep standard input open. Without it, standard input is /dev/null (or just an idle terminal). */
  stdin: boolean;
  /** Close standard input when the first client that attached to it has gone. */
  stdinOnce: boolean;
  rows?: number;
  columns?: number;
};

/** Docker's json-file: one JSON object a line, `log`, `stream`, `attrs` and `time`; written by the shim. */
export type LogFile = {
  path: string;
  /** 0: never rotated. */
  maxBytes: number;
  /** How many files in all, the live one included; at least 1. */
  maxFiles: number;
  /** A JSON object, `attrs` of each line; absent or '' for none. */
  attributes?: string;
};

export type ExitStatus = {
  /** 0 to 255; 128 + signal when a signal ended it. */
  code: number;
  oomKilled: boolean;
  /** Nanoseconds since the epoch. */
  exitedAtNs: bigint;
};

export type AttachOptions = { stdin: boolean; stdout: boolean; stderr: boolean };

/** `from` is such a socket: its protocol (IPPROTO_*), and what it is bound to (struct sockaddr_in6). */
export type SocketRelay = {
  from: { protocol: number; address: Buffer };
  target: Buffer;
  linkIndex: number;
};

export interface TaskProcess {
  /** In the daemon's pid namespace. */
  readonly pid: number;
  /** Settles once, also when the process ended before the daemon looked; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /**
   * A connection to the process's streams, kept by the shim. What is read from it is raw terminal output, or,
   * without a terminal, Docker's multiplexed frames (byte 0: 1 stdout, 2 stderr; bytes 4–7: length, big
   * endian). What is written to it is standard input; ending it means end of file. It ends when the process
   * has exited and all its output has been sent. Returned paused: pipe it, or call `resume`.
   */
  attach(options: AttachOptions): Promise<Socket>;
  resize(rows: number, columns: number): Promise<void>;
  /** @throws EngineError conflict when it does not run (any more) */
  kill(signal: number): Promise<void>;
}

/** A container as the driver has it, from its creation to its removal. */
export interface Task extends TaskProcess {
  readonly id: string;
  /** Lets the process that `create` prepared execute. Returns when it does. */
  start(): Promise<void>;
  /** A second process in the same container. It is prepared on return: attach, then `start`. */
  exec(options: ExecOptions): Promise<ExecProcess>;
  /** The processes that `exec` made and a daemon before this one may have known, by their id. */
  findExec(id: string): ExecProcess | undefined;
  /** Freezes or thaws all processes. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Changes limits in place (`docker update`); the part of a spec's `linux.resources` that is given. */
  update(resources: Resources): Promise<void>;
  /**
   * `listener` is called whenever the kernel kills one of its processes for want of memory, the init or another; at once
   * when it has by now.
   */
  watchMemory(listener: () => void): void;
  /**
   * Has the shim write into files once no daemon has been connected for `patienceMs`, in place of what it was told
   * before: what this process does for a container is undone when it dies, and no other comes.
   */
  whenAlone(writes: readonly FileWrite[], patienceMs: number): Promise<void>;
  /**
   * `listener` is called with a trigger's index when the kernel tells that its pressure has been reached, at most once in
   * its window. In place of the triggers and the listener from before.
   * @throws EngineError invalid-parameter for a trigger that the kernel refuses
   */
  watchPressure(triggers: readonly FileWrite[], listener: (index: number) => void): Promise<void>;
  /** Another limit of open files, or none (0); nothing is closed. False where the container was created without `filesLimit`. */
  limitFiles(limit: number): Promise<boolean>;
  /** `listener` is called with the number of calls that have been refused for the limit, when it has grown; once a second at most. */
  watchFiles(listener: (refused: number) => void): void;
  /** Has it keep further descriptors, as `keepDescriptors` does. @throws EngineError when it cannot */
  keep(descriptors: readonly number[]): Promise<void>;
  /**
   * Closes, of the descriptors it keeps, sockets of a protocol (IPPROTO_*) that are bound to an address (struct
   * sockaddr). Idempotent. @throws EngineError when it cannot
   */
  closeSocket(socket: { protocol: number; address: Buffer }): Promise<void>;
  /**
   * Where what comes to sockets that it keeps is relayed to, from now on: to an address (struct sockaddr_in), by an interface
   * of the host's. What comes to those that are not named is turned away. @throws EngineError when it cannot
   */
  leadRelays(relays: readonly SocketRelay[]): Promise<void>;
  /** All its pids, in the daemon's pid namespace. */
  pids(): Promise<number[]>;
  /** Where its cgroup is in each hierarchy. */
  readonly cgroupPaths: CgroupPaths;
  /** Raw counters from the cgroup. */
  stats(): Promise<CgroupStats>;
  /** How many processes it has, and what they have open. */
  openFiles(): Promise<OpenFiles>;
  /**
   * Kills what may still run, waits for it, and removes every trace: cgroups, shim, state directory.
   * Idempotent.
   */
  remove(): Promise<void>;
}

/** Host path, and what one write(2) gets. */
export type FileWrite = { path: string; data: string };

export type ExecOptions = {
  id: string;
  process: Process;
  io: ProcessIo;
  /** Aborted while the process is being made: it is killed, and `exec` rejects as soon as it has gone. */
  signal?: AbortSignal;
};

export interface ExecProcess extends TaskProcess {
  readonly id: string;
  start(): Promise<void>;
}
