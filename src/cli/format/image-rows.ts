import type { ImageSummary } from '../../api/types.ts';
import { shortId } from '../../base/short-id.ts';
import { formatHumanDuration } from '../values/duration.ts';
import { familiarName } from '../values/image-name.ts';
import { formatSize } from '../values/size.ts';
import { formatLocalTime } from './local-time.ts';
import type { RowType } from './write-rows.ts';

export const IMAGE_TABLE = 'table {{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}';
export const IMAGE_DIGEST_TABLE =
  'table {{.Repository}}\\t{{.Tag}}\\t{{.Digest}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}';

const NONE = '<none>';

/** An image under one of its names. */
export type NamedImage = { image: ImageSummary; repository: string; tag: string; digest: string };

const HEADER = {
  ID: 'IMAGE ID',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  Containers: 'CONTAINERS',
  VirtualSize: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
};

export function imageRows(options: { truncate: boolean }): RowType<NamedImage> {
  return { typeName: 'image', header: HEADER, fields: named => imageFields(named, options.truncate) };
}

/** One entry for each name of each image; with `digests` also for each of its digests. */
export function nameImages(images: readonly ImageSummary[], digests: boolean): NamedImage[] {
  return images.flatMap(image => namesOf(image, digests).map(name => ({ image, ...name })));
}

type Name = { repository: string; tag: string; digest: string };

function namesOf(image: ImageSummary, digests: boolean): Name[] {
  const tagged = (image.RepoTags ?? []).filter(name => name !== '<none>:<none>').map(familiarName);
  const digested = (image.RepoDigests ?? []).filter(name => name !== '<none>@<none>').map(familiarName);
  const tags = tagged.filter(name => name !== undefined);
  const rest = digested.filter(name => name !== undefined);
  if (tags.length === 0 && rest.length === 0) return [{ repository: NONE, tag: NONE, digest: NONE }];
  const untagged = rest.filter(({ name }) => !tags.some(tag => tag.name === name));
  return [
    ...tags.flatMap(({ name, tag }) => {
      const own = digests ? rest.filter(digest => digest.name === name) : [];
      if (own.length === 0) return [{ repository: name, tag, digest: NONE }];
      return own.map(({ digest }) => ({ repository: name, tag, digest }));
    }),
    ...untagged.map(({ name, digest }) => ({ repository: name, tag: NONE, digest: digests ? digest : '' })),
  ];
}

function imageFields({ image, repository, tag, digest }: NamedImage, truncate: boolean) {
  return {
    ID: () => (truncate ? shortId(image.Id) : image.Id),
    Repository: () => repository,
    Tag: () => tag,
    Digest: () => digest,
    CreatedSince: () =>
      image.Created <= 0 ? 'N/A' : `${formatHumanDuration(Date.now() - image.Created * 1000)} ago`,
    CreatedAt: () => formatLocalTime(image.Created),
    Size: () => formatSize(image.Size, 3),
    Containers: () => orUnknown(image.Containers, String),
    VirtualSize: () => formatSize(image.Size),
    SharedSize: () => orUnknown(image.SharedSize, size => formatSize(size)),
    UniqueSize: () =>
      image.SharedSize < 0 ? 'N/A' : orUnknown(image.Size - image.SharedSize, size => formatSize(size)),
  };
}

/** -1 is what the daemon has not counted. */
function orUnknown(value: number, show: (value: number) => string): string {
  return value < 0 ? 'N/A' : show(value);
}
