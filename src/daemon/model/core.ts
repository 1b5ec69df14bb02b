import type { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import type { ShortMemory } from '../../base/short-memory.ts';
import type { ExecDriver } from '../../execdriver/driver.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Background } from './background.ts';
import type { ContainerTable } from './container-table.ts';
import type { DaemonOptions } from './daemon-options.ts';
import type { DepartedContainers } from './departed-containers.ts';
import type { EventBus } from './event-bus.ts';
import type { ExecTable } from './exec-table.ts';
import type { EndedExec } from './exec.ts';
import type { Logger } from './logger.ts';
import type { StateStore } from './state-store.ts';

/** What every part of the daemon may use. The sub-rooms add what they own; `Daemon` in container/ has all of it. */
export type DaemonCore = {
  readonly options: DaemonOptions;
  /** A UUID, the same for the life of the data root. */
  readonly id: string;
  readonly log: Logger;
  readonly store: StateStore;
  readonly containers: ContainerTable;
  readonly departed: DepartedContainers;
  readonly execs: ExecTable;
  /** Those that can still be inspected for a while, by their ids. */
  readonly endedExecs: ShortMemory<EndedExec>;
  readonly events: EventBus;
  /** Serialises what changes one container, by its id. */
  readonly locks: KeyedLock;
  readonly background: Background;
  readonly graph: Graph;
  readonly execDriver: ExecDriver;
  /** For work on containers' files. */
  readonly threads: RootedThreads;
  /** Aborted when the engine closes: from then on nothing that happens is acted upon. */
  readonly closing: AbortSignal;
};
