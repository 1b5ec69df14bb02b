import type { ContainerSummary, ImageSummary } from '../../api/types.ts';
import { formatSize } from '../values/size.ts';
import {
  BUILD_CACHE_TABLE,
  type BuildCacheRecord,
  buildCacheRows,
  sortBuildCache,
} from './build-cache-rows.ts';
import { containerRows } from './container-rows.ts';
import { imageRows, type NamedImage, nameImages } from './image-rows.ts';
import { compileTemplate } from './render-template.ts';
import { TemplateObject } from '../../base/go/template/template-object.ts';
import { type SizedVolume, VOLUME_ROWS } from './volume-rows.ts';
import { rowPrinter, type RowType } from './write-rows.ts';

/** What `GET /system/df` answers. */
export type DiskUsage = {
  LayersSize?: number;
  Images?: ImageSummary[] | null;
  Containers?: ContainerSummary[] | null;
  Volumes?: SizedVolume[] | null;
  BuildCache?: BuildCacheRecord[] | null;
  /** Slipway's own. */
  DiscardedBlobs?: { Count: number; Size: number; SavedSize: number };
};

const IMAGE_TABLE =
  'table {{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}\\t{{.SharedSize}}\\t{{.UniqueSize}}\\t{{.Containers}}';
const CONTAINER_TABLE =
  'table {{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.LocalVolumes}}\\t{{.Size}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Names}}';
const VOLUME_TABLE = 'table {{.Name}}\\t{{.Links}}\\t{{.Size}}';
/** In Docker's order of the parts. */
const JSON_TEMPLATE =
  '{"Images":{{json .Images}},"Containers":{{json .Containers}},"Volumes":{{json .Volumes}},"BuildCache":{{json .BuildCache}}}';

/** `system df -v`: a table of each part. */
export function diskUsageTables(usage: DiskUsage): string {
  const truncate = true;
  const records = sortBuildCache(usage.BuildCache ?? []);
  const images = rowPrinter(imageRows({ truncate }), IMAGE_TABLE)(firstNames(usage));
  const containers = rowPrinter(containerRows({ truncate }), CONTAINER_TABLE)(ownSizes(usage));
  const volumes = rowPrinter(VOLUME_ROWS, VOLUME_TABLE)(usage.Volumes ?? []);
  const cache = rowPrinter(buildCacheRows({ truncate }), BUILD_CACHE_TABLE)(records);
  const cacheBytes = records.filter(({ Shared }) => !Shared).reduce((sum, { Size }) => sum + Size, 0);
  return [
    `Images space usage:\n\n${images}`,
    `Containers space usage:\n\n${containers}`,
    `Local Volumes space usage:\n\n${volumes}`,
    `Build cache usage: ${formatSize(cacheBytes)}\n\n${cache}`,
    ...discardedLine(usage),
  ].join('\n');
}

/** The same by a template, which gets all parts as lists. */
export function renderDiskUsage(usage: DiskUsage, format: string): string {
  const truncate = false;
  const all = new TemplateObject('*formatter.diskUsageContext', {
    Images: () => objects(imageRows({ truncate }), firstNames(usage)),
    Containers: () => objects(containerRows({ truncate }), ownSizes(usage)),
    Volumes: () => objects(VOLUME_ROWS, usage.Volumes ?? []),
    BuildCache: () => objects(buildCacheRows({ truncate }), sortBuildCache(usage.BuildCache ?? [])),
  });
  const template = format === 'json' ? JSON_TEMPLATE : format.replace(/^table\s*/, '');
  return compileTemplate(template).render(all);
}

function objects<T>({ typeName, fields }: RowType<T>, items: readonly T[]): TemplateObject[] {
  return items.map(item => new TemplateObject(typeName, fields(item)));
}

/** Each image once, whatever other names it has. */
function firstNames({ Images }: DiskUsage): NamedImage[] {
  return (Images ?? []).flatMap(image => nameImages([image], false).slice(0, 1));
}

/** Without what is their image's. */
function ownSizes({ Containers }: DiskUsage): ContainerSummary[] {
  return (Containers ?? []).map(container => ({ ...container, SizeRootFs: 0 }));
}

/** Only where the daemon discards blobs, so that the output is Docker's otherwise. */
function discardedLine({ DiscardedBlobs: discarded }: DiskUsage): string[] {
  if (discarded === undefined) return [];
  const { Count, Size, SavedSize } = discarded;
  return [
    `Discarded blobs: ${Count}, kept as recipes of ${formatSize(Size)}, ${formatSize(SavedSize)} saved\n`,
  ];
}
