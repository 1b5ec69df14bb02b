/** `GET /slipway/cgroups`: the machine's hierarchies, and where containers are in them. */
export type CgroupOverview = {
  Mode: 'v1' | 'hybrid' | 'v2';
  Hierarchies: { Version: 1 | 2; MountPoint: string; Controllers: string[] }[];
  /** Controllers that no hierarchy has, so that what they limit cannot be limited. */
  Missing: string[];
  /** Those that run. */
  Containers: { Id: string; Name: string; Path: string; Processes: number }[];
};

/** `GET /slipway/containers/{id}/cgroup`. */
export type ContainerCgroup = {
  Id: string;
  Name: string;
  Places: CgroupPlace[];
};

/** A container in one hierarchy. */
export type CgroupPlace = {
  Version: 1 | 2;
  Controllers: string[];
  Directory: string;
  /** Control files and what is in them, those that are limits. */
  Limits: Record<string, string>;
  Tree: CgroupNode;
};

/** A cgroup with those below it. */
export type CgroupNode = {
  Name: string;
  Processes: { Pid: number; Command: string }[];
  Children: CgroupNode[];
};
