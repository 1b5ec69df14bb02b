/** An image configuration (OCI image-spec config.md, and Docker's additions), as far as the engine reads it. */
export type ImageConfig = {
  architecture: string;
  os: string;
  'os.version'?: string;
  variant?: string;
  created?: string;
  author?: string;
  comment?: string;
  docker_version?: string;
  container?: string;
  container_config?: unknown;
  config?: ContainerDefaults;
  rootfs: { type: 'layers'; diff_ids: string[] };
  history?: ImageHistory[];
};

/** What an image says of the containers made from it. */
export type ContainerDefaults = {
  User?: string;
  ExposedPorts?: Record<string, object> | null;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Volumes?: Record<string, object> | null;
  WorkingDir?: string;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: number;
  Shell?: string[] | null;
  Healthcheck?: Healthcheck;
  ArgsEscaped?: boolean;
  OnBuild?: string[] | null;
};

export type Healthcheck = {
  Test?: string[];
  /** Nanoseconds, 0 to inherit. */
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
};

export type ImageHistory = {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
};
