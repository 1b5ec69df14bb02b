import type { BuildCacheEntry } from '../../api/classic-build.ts';
import { formatHumanDuration } from '../values/duration.ts';
import { formatSize } from '../values/size.ts';
import { formatGoTime } from './local-time.ts';
import type { RowType } from './write-rows.ts';

/** As engines have it that know of one parent only, too. */
export type BuildCacheRecord = BuildCacheEntry & { Parent?: string };

export const BUILD_CACHE_TABLE =
  'table {{.ID}}\\t{{.CacheType}}\\t{{.Size}}\\t{{.CreatedSince}}\\t{{.LastUsedSince}}\\t{{.UsageCount}}\\t{{.Shared}}';

const HEADER = {
  ID: 'CACHE ID',
  Parent: 'PARENT',
  CacheType: 'CACHE TYPE',
  Size: 'SIZE',
  CreatedSince: 'CREATED',
  LastUsedSince: 'LAST USED',
  UsageCount: 'USAGE',
  Shared: 'SHARED',
};

export function buildCacheRows(options: { truncate: boolean }): RowType<BuildCacheRecord> {
  return { typeName: 'buildCache', header: HEADER, fields: record => fieldsOf(record, options.truncate) };
}

/** Least recently used first; what was never used before all. */
export function sortBuildCache(records: readonly BuildCacheRecord[]): BuildCacheRecord[] {
  const key = ({ LastUsedAt, CreatedAt }: BuildCacheRecord) => `${LastUsedAt ?? ''} ${CreatedAt}`;
  return [...records].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function fieldsOf(record: BuildCacheRecord, truncate: boolean) {
  const short = (id: string) => (truncate ? id.slice(0, 12) : id);
  const since = (time: string) => `${formatHumanDuration(Date.now() - Date.parse(time))} ago`;
  const { LastUsedAt } = record;
  return {
    ID: () => `${short(record.ID)}${record.InUse ? '*' : ''}`,
    Parent: () => short(record.Parent ?? ''),
    CacheType: () => record.Type,
    Description: () => record.Description,
    Size: () => formatSize(record.Size),
    CreatedAt: () => formatGoTime(record.CreatedAt),
    CreatedSince: () => since(record.CreatedAt),
    LastUsedAt: () => (LastUsedAt === null ? '' : formatGoTime(LastUsedAt)),
    LastUsedSince: () => (LastUsedAt === null ? '' : since(LastUsedAt)),
    UsageCount: () => String(record.UsageCount),
    InUse: () => String(record.InUse),
    Shared: () => String(record.Shared),
  };
}
