import type * as api from '../../api/types.ts';
import { parseTime } from '../clock.ts';
import type { Container } from '../containers/container.ts';
import type { Daemon } from '../daemon.ts';
import type { Filters } from '../filters.ts';
import { linkNames } from '../links/links.ts';
import { containerFilter } from './container-filter.ts';
import { describeMounts } from './describe-mounts.ts';
import { describeEndpoints, listPorts } from './describe-networks.ts';
import { sizesOf } from './inspect-container.ts';
import { statusText } from './status-text.ts';

export type ListOptions = { all: boolean; limit: number; size: boolean; filters: Filters };

/** `docker ps`, newest first. @throws EngineError invalid-parameter, not-found for bad filters */
export async function listContainers(daemon: Daemon, options: ListOptions): Promise<api.ContainerSummary[]> {
  const { all, limit, size } = options;
  const matches = await containerFilter(daemon, options.filters);
  // A state that is asked for includes those that do not run.
  const showsAll = all || limit > 0 || ['status', 'exited'].some(key => options.filters.has(key));
  const selected = daemon.containers
    .all()
    .reverse()
    .filter(container => (showsAll || container.isRunning) && matches(container))
    .slice(0, limit > 0 ? limit : undefined);
  const names: Names = { tags: await currentNames(daemon), links: linkNames(daemon) };
  return Promise.all(
    selected.map(async container => ({
      ...summarize(daemon, container, names),
      ...(size ? withoutZeros(await sizesOf(daemon, container)) : {}),
    })),
  );
}

/** Ids of the images by their names: a name that now means another image is not shown. */
async function currentNames({ graph }: Daemon): Promise<Map<string, string>> {
  const images = await graph.list();
  return new Map(images.flatMap(({ id, repoTags }) => repoTags.map(tag => [tag, id])));
}

type Names = {
  /** Image ids by the images' names. */
  tags: ReadonlyMap<string, string>;
  /** By container id: what links call it. */
  links: ReadonlyMap<string, string[]>;
};

function summarize(daemon: Daemon, container: Container, { tags, links }: Names): api.ContainerSummary {
  const { record, state } = container;
  const { NetworkMode = '', Annotations } = record.hostConfig;
  return {
    Id: record.id,
    Names: [`/${record.name}`, ...(links.get(record.id) ?? [])],
    Image: imageName(container, tags),
    ImageID: record.imageId,
    Command: command(record.path, record.args),
    Created: Number(parseTime(record.createdAt) / 1_000_000_000n),
    Ports: listPorts(container),
    Labels: record.config.Labels ?? {},
    State: state.status,
    Status: statusText(state),
    HostConfig: { NetworkMode, ...(Annotations ? { Annotations } : {}) },
    NetworkSettings: { Networks: describeEndpoints(daemon, container) },
    Mounts: describeMounts(daemon, container),
  };
}

function imageName({ record }: Container, tags: ReadonlyMap<string, string>): string {
  const { imageReference: reference, imageId } = record;
  const tagged = reference.includes(':', reference.lastIndexOf('/') + 1) ? reference : `${reference}:latest`;
  const current = tags.get(reference) ?? tags.get(tagged);
  return current === undefined || current === imageId ? reference : imageId;
}

function command(path: string, args: readonly string[]): string {
  return [path, ...args.map(arg => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}

/** As Docker leaves them out. */
function withoutZeros(sizes: Record<string, number>): Partial<api.ContainerSummary> {
  return Object.fromEntries(Object.entries(sizes).filter(([, bytes]) => bytes > 0));
}
