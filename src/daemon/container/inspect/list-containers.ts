import { formatNetworkMode } from '../../model/namespace-modes.ts';
import type * as api from '../../../api/types.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { familiarString, parseReference, withDefaultTag } from '../../../oci/reference.ts';
import { parseTime } from '../../model/clock.ts';
import type { Image } from '../../../graph/graph.ts';
import type { Container } from '../../model/container.ts';
import type { Daemon } from '../daemon.ts';
import type { Filters } from '../../model/filters.ts';
import { linkNames } from '../networking/links.ts';
import { containerFilter } from './container-filter.ts';
import { describeMounts } from './describe-mounts.ts';
import { describeEndpoints, listPorts } from './describe-networks.ts';
import { MADE_PLACES } from './container-changes.ts';
import { statusText } from './status-text.ts';

export type ListOptions = { all: boolean; limit: number; size: boolean; filters: Filters };

/** `docker ps`, newest first. @throws EngineError invalid-parameter, not-found for bad filters */
export async function listContainers(daemon: Daemon, options: ListOptions): Promise<api.ContainerSummary[]> {
  const selected = await selectContainers(daemon, options);
  const [sizes, images] = await Promise.all([
    options.size ? daemon.graph.containerSizes(idsOf(selected), MADE_PLACES) : undefined,
    daemon.graph.list(),
  ]);
  const below = new Map<string, number>(images.map(({ id, sizeBytes }) => [id, sizeBytes]));
  const names: Names = { tags: currentNames(images), links: linkNames(daemon) };
  const sizesOf = ({ id, record }: Container): Partial<api.ContainerSummary> => {
    const SizeRw = sizes?.get(id);
    if (SizeRw === undefined) return {};
    return withoutZeros({ SizeRw, SizeRootFs: SizeRw + (below.get(record.imageId) ?? 0) });
  };
  const slice = new TimeSlice();
  const summaries: api.ContainerSummary[] = [];
  for (const container of selected) {
    if (slice.isOver) await slice.pause();
    summaries.push({ ...summarize(daemon, container, names), ...sizesOf(container) });
  }
  if (slice.isOver) await slice.pause();
  return summaries;
}

function idsOf(containers: readonly Container[]): string[] {
  return containers.map(({ id }) => id);
}

async function selectContainers(daemon: Daemon, { all, limit, filters }: ListOptions): Promise<Container[]> {
  const matches = await containerFilter(daemon, filters);
  // A state that is asked for includes those that do not run.
  const showsAll = all || limit > 0 || ['status', 'exited'].some(key => filters.has(key));
  const slice = new TimeSlice();
  const selected: Container[] = [];
  for (const container of daemon.containers.all().reverse()) {
    if (slice.isOver) await slice.pause();
    if (limit > 0 && selected.length === limit) break;
    if ((showsAll || container.isRunning) && matches(container)) selected.push(container);
  }
  return selected;
}

/** Ids of the images by their names, with tag or digest. */
function currentNames(images: readonly Image[]): Map<string, string> {
  return new Map(
    images.flatMap(({ id, repoTags, repoDigests }) => [...repoTags, ...repoDigests].map(name => [name, id])),
  );
}

type Names = {
  /** Image ids by the images' names. */
  tags: ReadonlyMap<string, string>;
  /** By container id: what links call it. */
  links: (id: string) => string[];
};

function summarize(daemon: Daemon, container: Container, { tags, links }: Names): api.ContainerSummary {
  const { record, state } = container;
  const { NetworkMode: mode, Annotations } = record.hostConfig;
  return {
    Id: record.id,
    Names: [`/${record.name}`, ...links(record.id)],
    Image: imageName(container, tags),
    ImageID: record.imageId,
    Command: command(record.path, record.args),
    Created: Number(parseTime(record.createdAt) / 1_000_000_000n),
    Ports: listPorts(container),
    Labels: record.config.Labels,
    State: state.status,
    Status: statusText(state),
    HostConfig: {
      NetworkMode: formatNetworkMode(mode),
      ...(Object.keys(Annotations).length > 0 ? { Annotations } : {}),
    },
    NetworkSettings: { Networks: describeEndpoints(daemon, container) },
    Mounts: describeMounts(daemon, container),
  };
}

/** What the client has called the image, as long as that means this image. */
function imageName({ record }: Container, tags: ReadonlyMap<string, string>): string {
  const { imageReference: reference, imageId } = record;
  const means = (name: string) => tags.get(name) === imageId;
  const isId = imageId.startsWith(reference) || imageId.startsWith(`sha256:${reference}`);
  // Most names are as the graph has them.
  const isCurrent = isId || means(reference) || means(`${reference}:latest`) || means(wholeName(reference));
  return isCurrent ? reference : imageId;
}

function wholeName(reference: string): string {
  try {
    return familiarString(withDefaultTag(parseReference(reference)));
  } catch {
    return reference;
  }
}

function command(path: string, args: readonly string[]): string {
  return [path, ...args.map(arg => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}

/** As Docker leaves them out. */
function withoutZeros(sizes: Record<string, number>): Partial<api.ContainerSummary> {
  return Object.fromEntries(Object.entries(sizes).filter(([, bytes]) => bytes > 0));
}
