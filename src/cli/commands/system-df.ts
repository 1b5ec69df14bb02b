import type { ContainerSummary } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { type DiskUsage, diskUsageTables, renderDiskUsage } from '../format/disk-usage.ts';
import { rowPrinter, type RowType } from '../format/write-rows.ts';
import { formatSize } from '../values/size.ts';

const TABLE = 'table {{.Type}}\\t{{.TotalCount}}\\t{{.Active}}\\t{{.Size}}\\t{{.Reclaimable}}';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show disk usage',
  flags: { format: formatFlag(), verbose: bool('v', 'Show detailed information on space usage') },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const isTable = values.format === '' || values.format === 'table';
    const client = await context.client();
    const usage = await client.get<DiskUsage>('/system/df');
    if (!values.verbose)
      context.stdout.write(rowPrinter(ROWS, isTable ? TABLE : values.format)(usageEntries(usage)));
    else context.stdout.write(isTable ? diskUsageTables(usage) : renderDiskUsage(usage, values.format));
  },
});

type UsageEntry = {
  type: string;
  total: number;
  active: number;
  bytes: number;
  reclaimable: number;
  /** Whether the reclaimable part is also shown as a share. */
  share: boolean;
};

const ROWS: RowType<UsageEntry> = {
  typeName: 'usage',
  header: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' },
  fields: entry => ({
    Type: () => entry.type,
    TotalCount: () => String(entry.total),
    Active: () => String(entry.active),
    Size: () => formatSize(entry.bytes),
    Reclaimable: () => reclaimable(entry),
  }),
};

function reclaimable({ bytes, reclaimable: part, share }: UsageEntry): string {
  const size = formatSize(part);
  return share && bytes > 0 ? `${size} (${Math.trunc((part * 100) / bytes)}%)` : size;
}

function usageEntries(usage: DiskUsage): UsageEntry[] {
  return [imageEntry(usage), containerEntry(usage.Containers ?? []), volumeEntry(usage), cacheEntry(usage)];
}

function imageEntry({ Images, LayersSize = 0 }: DiskUsage): UsageEntry {
  const images = Images ?? [];
  const active = images.filter(image => image.Containers > 0);
  const used = active
    .filter(image => image.Size >= 0 && image.SharedSize >= 0)
    .reduce((sum, image) => sum + image.Size - image.SharedSize, 0);
  const counts = { total: images.length, active: active.length };
  return { type: 'Images', ...counts, bytes: LayersSize, reclaimable: LayersSize - used, share: true };
}

function containerEntry(containers: readonly ContainerSummary[]): UsageEntry {
  const isActive = ({ State }: ContainerSummary) => ['running', 'paused', 'restarting'].includes(State);
  const sizeOf = (some: readonly ContainerSummary[]) => some.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0);
  return {
    type: 'Containers',
    total: containers.length,
    active: containers.filter(isActive).length,
    bytes: sizeOf(containers),
    reclaimable: sizeOf(containers.filter(container => !isActive(container))),
    share: true,
  };
}

function volumeEntry({ Volumes }: DiskUsage): UsageEntry {
  const known = (Volumes ?? []).flatMap(({ UsageData }) => (UsageData ? [UsageData] : []));
  const sizeOf = (some: typeof known) => some.reduce((sum, { Size }) => sum + Math.max(0, Size), 0);
  return {
    type: 'Local Volumes',
    total: (Volumes ?? []).length,
    active: known.filter(({ RefCount }) => RefCount > 0).length,
    bytes: sizeOf(known),
    reclaimable: sizeOf(known.filter(({ RefCount }) => RefCount === 0)),
    share: true,
  };
}

/** A shared record is counted with the image that has it. */
function cacheEntry({ BuildCache }: DiskUsage): UsageEntry {
  const records = BuildCache ?? [];
  const own = records.filter(({ Shared }) => !Shared);
  const sizeOf = (some: typeof records) => some.reduce((sum, { Size }) => sum + Size, 0);
  return {
    type: 'Build Cache',
    total: records.length,
    active: records.filter(({ InUse }) => InUse).length,
    bytes: sizeOf(own),
    reclaimable: sizeOf(own.filter(({ InUse }) => !InUse)),
    share: false,
  };
}
