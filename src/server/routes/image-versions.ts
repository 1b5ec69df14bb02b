import type { ContainerConfig, ImageInspect, ImageSummary } from '../../api/types.ts';
import type { Exchange } from '../exchange.ts';

/** What an image's `Config` had, without a meaning, before API 1.50. */
const NO_CONTAINER: ContainerConfig = {
  Hostname: '',
  Domainname: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: '',
};

/** An image's details as the client's version of the API has them. */
export function inspectFor(exchange: Exchange, image: ImageInspect): object {
  if (exchange.atLeast('1.50')) return image;
  const Config = image.Config && { ...NO_CONTAINER, ...image.Config };
  if (exchange.atLeast('1.44')) return { ...image, Config };
  return { Created: '0001-01-01T00:00:00Z', ...image, Config, VirtualSize: image.Size };
}

/** The images of a list, likewise. */
export function summariesFor(exchange: Exchange, images: readonly ImageSummary[]): readonly object[] {
  if (exchange.atLeast('1.51')) return images;
  const withVirtualSize = !exchange.atLeast('1.44');
  return images.map(image => ({
    ...image,
    Containers: -1,
    ...(withVirtualSize ? { VirtualSize: image.Size } : {}),
  }));
}
