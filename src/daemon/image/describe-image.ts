import type * as api from '../../api/types.ts';
import type { Graph, Image } from '../../graph/graph.ts';
import { withoutNulls } from '../model/complete.ts';
import { ZERO_TIME } from '../model/clock.ts';

/** `docker image inspect`. */
export function describeImage(
  image: Image,
  graph: Pick<Graph, 'driverName' | 'driverDataOf'>,
): api.ImageInspect {
  const { config } = image;
  const { config: defaults, docker_version: engine = '', author = '', history: [...steps] = [] } = config;
  const { comment = steps.at(-1)?.comment } = config;
  const layers = config.rootfs.diff_ids;
  return {
    Id: image.id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: image.parent ?? '',
    Comment: comment ?? '',
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: engine,
    Author: author,
    Config: defaults === undefined ? null : imageConfig(defaults),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: image.sizeBytes,
    GraphDriver: { Name: graph.driverName, Data: layers.length === 0 ? null : graph.driverDataOf(image) },
    RootFS: { Type: config.rootfs.type, ...(layers.length === 0 ? {} : { Layers: layers }) },
    Metadata: { LastTagTime: image.lastTaggedAt ?? ZERO_TIME },
  };
}

/** What is not here is of containers only: a committed image has it, too. */
const SHOWN_WHEN_PRESENT = ['ArgsEscaped', 'ExposedPorts', 'Healthcheck', 'Shell', 'StopSignal'] as const;

function imageConfig(defaults: NonNullable<Image['config']['config']>): api.ContainerConfig {
  const { Cmd, Entrypoint, Env, Labels, OnBuild, User, Volumes, WorkingDir } = defaults;
  const always = { Cmd, Entrypoint, Env, Labels, OnBuild, User, Volumes, WorkingDir };
  const present = SHOWN_WHEN_PRESENT.filter(key => defaults[key]).map(key => [key, defaults[key]]);
  return {
    ...Object.fromEntries(present),
    ...NOTHING,
    ...withoutNulls(always),
  };
}

/** What Docker shows of a configuration that says nothing. */
const NOTHING = {
  Cmd: null,
  Entrypoint: null,
  Env: null,
  Labels: null,
  OnBuild: null,
  User: '',
  Volumes: null,
  WorkingDir: '',
} satisfies api.ContainerConfig;

/** One of `docker images`. `containers`: how many use it, -1 when that was not asked for. */
export function summarizeImage(
  image: Image,
  options: { sharedSize: number; containers: number },
): api.ImageSummary {
  const { id, config, repoTags, repoDigests, sizeBytes } = image;
  return {
    Id: id,
    ParentId: image.parent ?? '',
    RepoTags: repoTags,
    RepoDigests: repoDigests,
    Created: config.created === undefined ? 0 : Math.floor(Date.parse(config.created) / 1000),
    Size: sizeBytes,
    SharedSize: options.sharedSize,
    Labels: config.config?.Labels ?? null,
    Containers: options.containers,
  };
}
