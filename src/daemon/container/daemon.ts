import type { Governor } from '../../governor/governor.ts';
import type { DistributionDaemon } from '../image/distribution/distribution.ts';
import type { SysctlGuard } from '../../governor/sysctl/sysctl-guard.ts';
import type { Container } from '../model/container.ts';
import type { NameService } from '../network/name-service.ts';
import type { NetworkDaemon } from '../network/networks.ts';
import type { VolumeDaemon } from '../volume/volumes.ts';
import type { Probe, ProbeOptions } from './probe.ts';
import type { HostFacts } from './spec/host-facts.ts';

/** The parts of one engine, as the functions of containers and of the sub-rooms above them need them. */
export type Daemon = DistributionDaemon &
  NetworkDaemon &
  VolumeDaemon & {
    readonly names: NameService;
    /** Starts of containers that are under way. The engine's end gives them up. */
    readonly starts: Set<Promise<void>>;
    /** Lends CPU time to containers. */
    readonly governor: Governor;
    /** Keeps containers from writing sysctls. */
    readonly sysctls: SysctlGuard;
    readonly hostFacts: HostFacts;
    /** Starts a container because its restart policy wants it. */
    restart(container: Container): Promise<void>;
    /** Executes a container's health check once; probes are execs, which lie above containers. */
    startProbe(container: Container, options: ProbeOptions): Probe;
  };
