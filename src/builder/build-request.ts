import type { Duplex } from 'node:stream';
import type { AuthConfig, HostConfig } from '../api/types.ts';
import type { Image } from '../graph/graph.ts';
import type { Platform } from '../oci/platform.ts';
import type { ImportedCache } from './solver/build-cache.ts';
import type { StageState } from './stage-state.ts';

/** A directory that a client has sent. */
export type ReceivedFiles = {
  path: string;
  /** Of all that was sent, times included: what has the same is the same. */
  identity: string;
  /** What is there is one file, which is the Dockerfile, whatever name is asked for. */
  isDockerfile?: true;
};

/** Where files of a build come from, besides stages and images. */
export type BuildContext =
  /** A directory that nobody changes while the build goes on; it is fetched when it is first asked for. */
  | { kind: 'directory'; open(): Promise<ReceivedFiles> }
  | { kind: 'image'; reference: string }
  /** An image that the client has, in a layout of its own. */
  | { kind: 'layout'; open(platform: Platform): Promise<Image> }
  /** What another build has come to. */
  | { kind: 'result'; stateFor(platform: Platform): StageState };

/** What proves to a registry who asks. */
export type Credentials = (registry: string, signal: AbortSignal) => Promise<AuthConfig>;

/** Gives a secret's bytes; undefined where the client has none of that id. */
export type SecretSource = (id: string, signal: AbortSignal) => Promise<Buffer | undefined>;

/** SSH agents that a client forwards, by their ids. */
export type AgentSource = {
  has(id: string, signal: AbortSignal): Promise<boolean>;
  /** Joins a connection to an agent. Settles when either side has ended. */
  connect(id: string, connection: Duplex, signal: AbortSignal): Promise<void>;
};

/** Of a client that gives neither. */
export const NOTHING_GRANTED: { secrets: SecretSource; agents: AgentSource } = {
  secrets: async () => undefined,
  agents: { has: async () => false, connect: async () => undefined },
};

/** One build of one Dockerfile, everything completed. */
export type BuildRequest = {
  /** As errors name it. */
  dockerfileName: string;
  dockerfile: string;
  context: BuildContext | undefined;
  /** Further contexts by their names. */
  namedContexts: ReadonlyMap<string, BuildContext>;
  /** What the client calls what it builds from one build to the next; '' where it does not say. */
  project: string;
  /** A stage's name or number; '' for the last. */
  target: string;
  buildArgs: ReadonlyMap<string, string>;
  labels: Readonly<Record<string, string>>;
  platform: Platform;
  noCache: boolean;
  /** Names of stages that are built anew in any case. */
  uncachedStages: readonly string[];
  /** Images are asked for at their registry even when they are there. */
  pull: boolean;
  /** What machines of RUN are called; '' for names as containers have. */
  hostname: string;
  /** Limits, network and hosts of every RUN. */
  hostConfig: HostConfig;
  /** Whether the Dockerfile may have the host's network for a RUN: the user who builds need not have written it. */
  allowsHostNetwork: boolean;
  /** Whether a RUN may be as privileged as `docker run --privileged`. */
  allowsInsecure: boolean;
  /** `name:tag`. */
  tags: readonly string[];
  secrets: SecretSource;
  agents: AgentSource;
  credentials: Credentials;
  /** What other builders have made, and this one may use. */
  caches: readonly ImportedCache[];
  /** How histories are written, whether empty layers count, what goes into a failure's words. */
  dialect: 'classic' | 'buildkit';
};
