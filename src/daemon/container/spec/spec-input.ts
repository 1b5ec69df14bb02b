import type { CompletedConfig } from '../../model/config.ts';
import type { Limits, SpecFields } from '../../model/host-config.ts';
import type { Resources } from '../../../oci/runtime-spec.ts';
import type { HostFacts } from './host-facts.ts';
import type { ResolvedUser } from '../../../oci/resolve-user.ts';

/** A mount with its host path resolved. `source` is '' for a tmpfs. */
export type SpecMount = {
  type: 'bind' | 'volume' | 'tmpfs';
  source: string;
  destination: string;
  writable: boolean;
  /** `rprivate`, `rslave` …; '' for the default. */
  propagation: string;
  /** The propagation is the engine's choice: where the source's mount does not propagate, there is none. */
  propagatesIfPossible?: boolean;
  nonRecursive: boolean;
  /** How submounts of a read-only bind are treated. */
  readonlyRecursion: 'when-possible' | 'never' | 'always';
  tmpfsOptions: string[];
  /** `source` is mounted as a file system of this type, and not bound. */
  filesystem?: { type: string; options: string[] };
};

/** Everything that a container's runtime spec is made from. */
export type SpecInput = {
  id: string;
  /** Merged with the image's, validated. */
  config: CompletedConfig;
  /** Validated. */
  hostConfig: SpecFields & Limits;
  /** What `config.User` is in the container's root. */
  user: ResolvedUser;
  /** Binds, volumes, and tmpfs of `HostConfig.Mounts`; those of `HostConfig.Tmpfs` are added here. */
  mounts: readonly SpecMount[];
  /** Host paths of the files that the daemon keeps for the container. */
  resolvConfPath?: string;
  hostnamePath?: string;
  hostsPath?: string;
  /** Below the mount points of the hierarchies. */
  cgroupsPath: string;
  /** Host path of the init binary, needed where one is asked for. */
  initPath?: string;
  /** Pids of the containers that `container:NAME` modes name. */
  joined?: { network?: number; ipc?: number; pid?: number };
  /** What annotations mean for the cgroup, besides the limits of the host configuration. */
  governed?: Resources;
  /** `NAME=value` of linked containers. */
  linkedEnvironment?: readonly string[];
  host: HostFacts;
};
