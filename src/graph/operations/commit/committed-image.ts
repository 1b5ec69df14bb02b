import type { Digest } from '../../../base/digest.ts';
import type { ContainerDefaults, ImageConfig, ImageHistory } from '../../../oci/image-config.ts';
import type { Platform } from '../../../oci/platform.ts';

export type CommitOptions = {
  /** `name:tag`, '' for none. */
  reference: string;
  author: string;
  comment: string;
  config: ContainerDefaults;
  containerId: string;
  /** '' for none. */
  parent: Digest | '';
  /** The container's own, as Docker keeps it in the image. */
  containerConfig: { Cmd?: string[] | null };
  engineVersion: string;
};

/** diffID of a tar without entries, of which Docker makes no layer. */
const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

type Circumstances = {
  diffId: Digest;
  /** The configuration of the container's image. */
  parent: ImageConfig | undefined;
  platform: Platform;
  /** ISO 8601. */
  created: string;
};

/** The configuration of an image made from a container, its keys in Docker's order. */
export function committedImage(
  options: CommitOptions,
  { diffId, parent, platform, created }: Circumstances,
): { image: ImageConfig; isEmpty: boolean } {
  const isEmpty = diffId === EMPTY_LAYER;
  const { author, comment, containerConfig } = options;
  const createdBy = (containerConfig.Cmd ?? []).join(' ');
  const step: ImageHistory = {
    created,
    ...(createdBy === '' ? {} : { created_by: createdBy }),
    ...(author === '' ? {} : { author }),
    ...(comment === '' ? {} : { comment }),
    ...(isEmpty ? { empty_layer: true } : {}),
  };
  const image: ImageConfig = {
    architecture: parent?.architecture ?? platform.architecture,
    ...(author === '' ? {} : { author }),
    config: options.config,
    container: options.containerId,
    container_config: containerConfig,
    created,
    docker_version: options.engineVersion,
    history: [...(parent?.history ?? []), step],
    os: parent?.os ?? platform.os,
    ...(parent?.['os.version'] === undefined ? {} : { 'os.version': parent['os.version'] }),
    rootfs: { type: 'layers', diff_ids: [...(parent?.rootfs.diff_ids ?? []), ...(isEmpty ? [] : [diffId])] },
    ...(parent?.variant === undefined ? {} : { variant: parent.variant }),
  };
  return { image, isEmpty };
}
