import type { HostConfig } from './types.ts';

/** What a builder has executed, in a root file system of its own: as a container is, with its confinement. */
export type BuildStep = {
  /** 64 hex digits. */
  id: string;
  /** The writable layer that it works in. */
  layerId: string;
  command: readonly string[];
  /** `NAME=value`; `PATH` among them. */
  env: readonly string[];
  /** `USER`; '' for root. */
  user: string;
  workingDirectory: string;
  /** What the step's machine is called, where that is BuildKit's: it has no /etc/hostname then. '' for a container's. */
  hostname: string;
  /** Limits, network, hosts, DNS, shared memory. */
  hostConfig: HostConfig;
  mounts: readonly BuildMount[];
  output: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Kills all of it when it is aborted. */
  signal: AbortSignal;
};

export type BuildMount =
  /** A detached mount that the caller closes. */
  | { kind: 'mount'; destination: string; fd: number; writable: boolean }
  | { kind: 'tmpfs'; destination: string; options: string[] };

/** Places that a step's mounts and the engine's own are made at; new and empty they are no part of its layer. */
export type BuildStepResult = { exitCode: number; oomKilled: boolean; places: readonly string[] };

/** @throws EngineError when it could not be executed; the signal's reason when it was aborted */
export type RunBuildStep = (step: BuildStep) => Promise<BuildStepResult>;
