import { closeSync } from 'node:fs';
import { startTimer } from '../../base/start-timer.ts';
import type { Task } from '../../execdriver/driver.ts';
import type { ContainerLayer } from '../../graph/graph.ts';
import type { Process } from '../../oci/runtime-spec.ts';
import type { StreamsClient } from './client-session.ts';
import type { ContainerRecord, StateRecord } from './container-record.ts';

/** A client that is to be connected to the container's streams before its process runs. */
export type PendingAttach = {
  /** Called between the driver's create and start. */
  connect(runtime: Task): Promise<void>;
  /** The start failed, or the container has been removed. */
  cancel(): void;
};

/** What watchers are told: the state is committed when they are called. */
export type Milestone = 'stopped' | 'removed';

/** A container, in memory: what is stored of it, and the handles of its current run. */
export class Container {
  record: ContainerRecord;
  readonly state: StateRecord;
  /** From the driver's `create` until its `remove`. */
  runtime: Task | undefined;
  layer: ContainerLayer | undefined;
  /** As last given to the driver: what execs inherit from. */
  process: Process | undefined;
  /** Settles when nothing of the last run is left: processes, cgroups, addresses. Never rejects. */
  cleanedUp: Promise<void> = Promise.resolve();
  /** Sockets of ports that were published when it ran already, by a shim that could not be given them. */
  readonly heldPorts = new Set<number>();
  readonly pendingAttaches = new Set<PendingAttach>();
  /** The clients of the current run, those too that are about to be connected. */
  readonly clients = new Set<StreamsClient>();
  /** Ends what goes with the current run: probes, timers. */
  stopRun: () => void = () => undefined;
  /** Settles when nothing is left of the last probe of its health. Never rejects. */
  probed: Promise<void> = Promise.resolve();
  /** Set while the restart policy waits. */
  restartTimer: NodeJS.Timeout | undefined;
  /** By `stop` or `kill`, for this run. */
  restartCancelled = false;
  /** How many calls of `stop` wait for its end. */
  stops = 0;
  /** Its process has ended; the state is not committed yet. */
  isEnding = false;
  /** It is being stopped only to be started again. */
  isRestarting = false;
  /** Signals that are being sent to its process. None of the promises rejects. */
  readonly signals = new Set<Promise<void>>();
  /** How long the restart policy waits next time. */
  restartDelayMs = 0;
  /** Aborts a start that is under way, at any step. */
  giveUpStart: () => void = () => undefined;
  /** Who works with its files under its lock, for clients that may stall. */
  readonly copies = new Set<AbortController>();
  /** It is being removed by force: no start begins. */
  isMarkedForRemoval = false;
  isRemoved = false;
  /** Its shim has been told of limits of pressure. */
  watchesPressure = false;
  /** Calls of this run that have been refused for the limit of open files. */
  filesRefused = 0;
  readonly #watchers = new Set<(milestone: Milestone) => void>();

  /** Lets other programs have those ports. */
  closeHeldPorts(): void {
    for (const descriptor of this.heldPorts) closeSync(descriptor);
    this.heldPorts.clear();
  }

  constructor(record: ContainerRecord, state: StateRecord) {
    this.record = record;
    this.state = state;
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  /** As Docker counts: also when paused, and while the restart policy waits. */
  get isRunning(): boolean {
    const { status } = this.state;
    return status === 'running' || status === 'paused' || status === 'restarting';
  }

  /** Returns a function that ends it. */
  watch(watcher: (milestone: Milestone) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  announce(milestone: Milestone): void {
    for (const watcher of this.#watchers) watcher(milestone);
  }

  /** Settles at the next stop or removal, or when `timeoutMs` is over; tells whether it was in time. */
  waitStopped(timeoutMs: number): Promise<boolean> {
    return new Promise(resolve => {
      const finish = (inTime: boolean): void => {
        unwatch();
        cancelTimer();
        resolve(inTime);
      };
      const unwatch = this.watch(() => finish(true));
      const cancelTimer = startTimer(timeoutMs, () => finish(false));
    });
  }
}
