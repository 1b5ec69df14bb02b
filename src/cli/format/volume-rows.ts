import type { Volume } from '../../api/types.ts';
import { formatSize } from '../values/size.ts';
import { shownLabels } from './container-rows.ts';
import type { RowType } from './write-rows.ts';
import { own } from '../../base/own.ts';

/** The daemon measures volumes for `system df` only. */
export type SizedVolume = Volume & { UsageData?: { Size: number; RefCount: number } | null };

export const VOLUME_ROWS: RowType<SizedVolume> = {
  typeName: 'volume',
  header: {
    Name: 'VOLUME NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    Availability: 'AVAILABILITY',
    Mountpoint: 'MOUNTPOINT',
    Labels: 'LABELS',
    Links: 'LINKS',
    Size: 'SIZE',
    Group: 'GROUP',
    Status: 'STATUS',
  },
  fields: volume => ({
    Name: () => volume.Name,
    Driver: () => volume.Driver,
    Scope: () => volume.Scope,
    Mountpoint: () => volume.Mountpoint,
    Labels: () => shownLabels(volume.Labels),
    Label: (name: string) => own(volume.Labels, name) ?? '',
    Links: () => (volume.UsageData ? String(volume.UsageData.RefCount) : 'N/A'),
    Size: () => (volume.UsageData ? formatSize(volume.UsageData.Size) : 'N/A'),
    Availability: () => 'N/A',
    Group: () => 'N/A',
    Status: () => 'N/A',
  }),
};
