import type { RootedThreads } from '../archive/rooted-threads.ts';
import type { KeyedLock } from '../base/keyed-lock.ts';
import type { ExecDriver } from '../execdriver/driver.ts';
import type { Graph } from '../graph/graph.ts';
import type { Background } from './background.ts';
import type { Container } from './containers/container.ts';
import type { ContainerTable } from './containers/container-table.ts';
import type { DepartedContainers } from './containers/departed-containers.ts';
import type { DaemonOptions } from './daemon-options.ts';
import type { Distribution } from './distribution/distribution.ts';
import type { EventBus } from './events/event-bus.ts';
import type { Logger } from './logger.ts';
import type { NameService } from './networks/name-service.ts';
import type { Networks } from './networks/networks.ts';
import type { HostFacts } from './spec/host-facts.ts';
import type { StateStore } from './store/state-store.ts';
import type { Volumes } from './volumes/volumes.ts';

/** The parts of one engine, as the functions of this room need them. */
export type Daemon = {
  readonly options: DaemonOptions;
  /** A UUID, the same for the life of the data root. */
  readonly id: string;
  readonly log: Logger;
  readonly store: StateStore;
  readonly containers: ContainerTable;
  readonly departed: DepartedContainers;
  readonly events: EventBus;
  /** Serialises what changes one container, by its id. */
  readonly locks: KeyedLock;
  readonly background: Background;
  readonly distribution: Distribution;
  /** Starts of containers that are under way. The engine's end gives them up. */
  readonly starts: Set<Promise<void>>;
  readonly graph: Graph;
  readonly execDriver: ExecDriver;
  readonly networks: Networks;
  readonly names: NameService;
  readonly volumes: Volumes;
  /** For work on containers' files. */
  readonly threads: RootedThreads;
  readonly hostFacts: HostFacts;
  /** Aborted when the engine closes: from then on nothing that happens is acted upon. */
  readonly closing: AbortSignal;
  /** Starts a container because its restart policy wants it. */
  restart(container: Container): Promise<void>;
};
