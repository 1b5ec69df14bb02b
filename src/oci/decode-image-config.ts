import { containerConfig, containerConfigFields } from '../api/decode-container-config.ts';
import { isDigest } from '../base/digest.ts';
import {
  arrayOf,
  bool,
  type Decoder,
  type Fields,
  forgiving,
  struct,
  text,
  time,
} from '../base/go/decode.ts';
import { JsonError, parseGoJson } from '../base/go/json.ts';
import { TimeSlice } from '../base/time-slice.ts';
import type { ContainerDefaults, ImageConfig, ImageHistory } from './image-config.ts';
import { hostArchitecture } from './platform.ts';

const historyFields: Fields<ImageHistory> = {
  created: time,
  created_by: text(),
  author: text(),
  comment: text(),
  empty_layer: bool,
};

const rootfs = struct<{ type?: string; diff_ids?: string[] }>('image.RootFS', {
  type: text(),
  diff_ids: arrayOf(diffId, '[]layer.DiffID'),
});

const imageFields: Fields<ImageConfig> = {
  architecture: text(),
  os: text(),
  'os.version': text(),
  variant: text(),
  created: time,
  author: text(),
  comment: text(),
  docker_version: text(),
  container: text(),
  container_config: containerConfig,
  config: containerConfig as Decoder<ContainerDefaults>,
  rootfs: (value, path) => ({ type: 'layers', diff_ids: rootfs(value, path).diff_ids ?? [] }),
  history: arrayOf(struct('v1.History', historyFields), '[]v1.History'),
};

const imageConfig = struct('image.Image', imageFields);

/**
 * An image's configuration as it enters: everything is of its type, and what must be there is.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export async function decodeImageConfig(raw: Buffer): Promise<ImageConfig> {
  const slice = new TimeSlice();
  const value = parseGoJson(raw.toString());
  if (slice.isOver) await slice.pause();
  const decoded: Partial<ImageConfig> = imageConfig(value, 'Image');
  if (slice.isOver) await slice.pause();
  if (decoded.rootfs === undefined) throw new JsonError('invalid image JSON, no RootFS key');
  const image = complete(decoded);
  checkLayers(image);
  return image;
}

/** The most that any storage driver stacks. */
const MAXIMUM_LAYERS = 500;

function checkLayers({ history = [], rootfs }: ImageConfig): void {
  const diffIds = rootfs.diff_ids;
  if (diffIds.length > MAXIMUM_LAYERS) throw new JsonError('max depth exceeded');
  const steps = history.filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  // Their sizes could not be told.
  if (steps.length > diffIds.length) throw new JsonError('too many non-empty layers in History section');
}

const storedImage = struct<ImageConfig>(
  'image.Image',
  forgiving({
    ...imageFields,
    config: struct('container.Config', forgiving(containerConfigFields)) as Decoder<ContainerDefaults>,
    history: arrayOf(struct('v1.History', forgiving(historyFields)), '[]v1.History'),
  }),
);

/**
 * The configuration of an image that is here: earlier versions have let everything in. What is of no use is as good as
 * absent.
 */
export function readImageConfig(raw: Buffer): ImageConfig {
  return complete(storedImage(parseStored(raw), 'Image'));
}

function parseStored(raw: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(raw.toString());
    return typeof value === 'object' && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function complete({ architecture, os, ...rest }: Partial<ImageConfig>): ImageConfig {
  return {
    rootfs: { type: 'layers', diff_ids: [] },
    ...rest,
    architecture: architecture || hostArchitecture(),
    os: os || 'linux',
  };
}

function diffId(value: unknown, path: string): string {
  const digest = text('layer.DiffID')(value, path);
  if (!isDigest(digest))
    throw new JsonError(`invalid diffID ${JSON.stringify(digest)}: invalid checksum digest format`);
  return digest;
}
