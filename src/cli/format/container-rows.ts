import type { ContainerSummary } from '../../api/types.ts';
import { shortId } from '../../base/short-id.ts';
import { formatHumanDuration } from '../values/duration.ts';
import { familiarName } from '../values/image-name.ts';
import { formatSize } from '../values/size.ts';
import { displayPorts } from './display-ports.ts';
import { ellipsis } from './ellipsis.ts';
import { formatLocalTime } from './local-time.ts';
import type { RowType } from './write-rows.ts';
import { own } from '../../base/own.ts';

export const CONTAINER_TABLE =
  'table {{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}\\t{{.Names}}';

const HEADER = {
  ID: 'CONTAINER ID',
  Names: 'NAMES',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  Ports: 'PORTS',
  State: 'STATE',
  Status: 'STATUS',
  Size: 'SIZE',
  Labels: 'LABELS',
  Mounts: 'MOUNTS',
  LocalVolumes: 'LOCAL VOLUMES',
  Networks: 'NETWORKS',
};

export function containerRows(options: { truncate: boolean }): RowType<ContainerSummary> {
  return {
    typeName: 'container',
    header: HEADER,
    fields: container => containerFields(container, options.truncate),
  };
}

function containerFields(container: ContainerSummary, truncate: boolean) {
  return {
    ID: () => (truncate ? shortId(container.Id) : container.Id),
    Names: () => shownNames(container.Names ?? [], truncate),
    Image: () => shownImage(container, truncate),
    Command: () => JSON.stringify(truncate ? ellipsis(container.Command, 20) : container.Command),
    CreatedAt: () => formatLocalTime(container.Created),
    RunningFor: () => `${formatHumanDuration(Date.now() - container.Created * 1000)} ago`,
    Ports: () => displayPorts(container.Ports ?? []),
    State: () => container.State,
    Status: () => container.Status,
    Size: () => shownSize(container),
    Labels: () => shownLabels(container.Labels),
    Label: (name: string) => own(container.Labels, name) ?? '',
    Mounts: () => shownMounts(container, truncate),
    LocalVolumes: () => String((container.Mounts ?? []).filter(mount => mount.Driver === 'local').length),
    Networks: () => Object.keys(container.NetworkSettings?.Networks ?? {}).join(','),
  };
}

function shownNames(names: readonly string[], truncate: boolean): string {
  const plain = names.map(name => name.replace(/^\//, ''));
  // Other names with a slash come from links of old; the full list has them.
  return truncate ? (plain.find(name => !name.includes('/')) ?? '') : plain.join(',');
}

function shownImage({ Image, ImageID }: ContainerSummary, truncate: boolean): string {
  if (Image === '') return '<no image>';
  if (!truncate) return Image;
  if (shortId(ImageID) === shortId(Image)) return shortId(Image);
  return familiarName(Image)?.withoutDigest ?? Image;
}

function shownSize({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  const own = formatSize(SizeRw, 3);
  return SizeRootFs > 0 ? `${own} (virtual ${formatSize(SizeRootFs, 3)})` : own;
}

export function shownLabels(labels: Record<string, string> | null | undefined): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(',');
}

function shownMounts({ Mounts }: ContainerSummary, truncate: boolean): string {
  const names = (Mounts ?? []).map(mount => mount.Name || mount.Source);
  return names.map(name => (truncate ? ellipsis(name, 15) : name)).join(',');
}
