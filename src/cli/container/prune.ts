import type { CommandContext } from '../context.ts';
import { type Filters, filtersQuery } from '../flags/filter-flag.ts';
import { formatSize } from '../values/size.ts';

type ContainersPruned = { ContainersDeleted: string[] | null; SpaceReclaimed: number };
type ImagesPruned = {
  ImagesDeleted: { Untagged?: string; Deleted?: string }[] | null;
  SpaceReclaimed: number;
};
type VolumesPruned = { VolumesDeleted: string[] | null; SpaceReclaimed: number };

type CachesPruned = { CachesDeleted: string[] | null; SpaceReclaimed: number };

/** What was deleted, ready to print, and the bytes won. */
export type Pruned = { text: string; bytes: number };

export async function pruneContainers(context: CommandContext, filters: Filters): Promise<Pruned> {
  const client = await context.client();
  const query = { filters: filtersQuery(filters) };
  const answer = await client.post<ContainersPruned>('/containers/prune', { query });
  return pruned('Deleted Containers:', answer.ContainersDeleted ?? [], answer.SpaceReclaimed);
}

export async function pruneImages(context: CommandContext, filters: Filters, all: boolean): Promise<Pruned> {
  const client = await context.client();
  const query = { filters: filtersQuery({ ...filters, dangling: { [String(!all)]: true } }) };
  const answer = await client.post<ImagesPruned>('/images/prune', { query });
  const lines = (answer.ImagesDeleted ?? []).map(({ Untagged, Deleted }) =>
    Untagged ? `untagged: ${Untagged}` : `deleted: ${Deleted}`,
  );
  return pruned('Deleted Images:', lines, answer.SpaceReclaimed);
}

export async function pruneVolumes(context: CommandContext, filters: Filters): Promise<Pruned> {
  const client = await context.client();
  const query = { filters: filtersQuery(filters) };
  const answer = await client.post<VolumesPruned>('/volumes/prune', { query });
  return pruned('Deleted Volumes:', answer.VolumesDeleted ?? [], answer.SpaceReclaimed);
}

/** Those that no container uses. */
export async function pruneNetworks(context: CommandContext, filters: Filters): Promise<Pruned> {
  const client = await context.client();
  const query = { filters: filtersQuery(filters) };
  const answer = await client.post<{ NetworksDeleted: string[] | null }>('/networks/prune', { query });
  return pruned('Deleted Networks:', answer.NetworksDeleted ?? [], 0);
}

export async function pruneBuildCache(
  context: CommandContext,
  filters: Filters,
  all: boolean,
): Promise<Pruned> {
  const client = await context.client();
  const query = { filters: filtersQuery(filters), ...(all ? { all: '1' } : {}) };
  const answer = await client.post<CachesPruned>('/build/prune', { query });
  return pruned('Deleted build cache objects:', answer.CachesDeleted ?? [], answer.SpaceReclaimed);
}

export function printPruned(context: CommandContext, ...results: Pruned[]): void {
  const bytes = results.reduce((sum, result) => sum + result.bytes, 0);
  for (const { text } of results) if (text !== '') context.stdout.write(`${text}\n`);
  context.stdout.write(`Total reclaimed space: ${formatSize(bytes)}\n`);
}

function pruned(title: string, lines: readonly string[], bytes: number): Pruned {
  return { text: lines.length === 0 ? '' : `${title}\n${lines.join('\n')}\n`, bytes };
}
