import type { RootedThreads } from '../../archive/rooted-threads.ts';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import type { ExecDriver } from '../../execdriver/driver.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Background } from '../model/background.ts';
import type { Container } from '../model/container.ts';
import type { ContainerTable } from '../model/container-table.ts';
import type { DepartedContainers } from '../model/departed-containers.ts';
import type { DaemonOptions } from '../model/daemon-options.ts';
import type { Distribution } from '../image/distribution/distribution.ts';
import type { EventBus } from '../model/event-bus.ts';
import type { Logger } from '../model/logger.ts';
import type { NameService } from '../network/name-service.ts';
import type { Networks } from '../network/networks.ts';
import type { HostFacts } from './spec/host-facts.ts';
import type { StateStore } from '../model/state-store.ts';
import type { Volumes } from '../volume/volumes.ts';

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
