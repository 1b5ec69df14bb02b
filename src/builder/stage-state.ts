import type { Digest } from '../base/digest.ts';
import type { Image } from '../graph/graph.ts';
import type { ContainerDefaults, ImageConfig, ImageHistory } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';
import type { CachedLayer } from './solver/result-cache.ts';

/** What a stage has come to after a step. Never changed: each step makes a new one. */
export type StageState = {
  /** The image that it began with; undefined for scratch. */
  base: Image | undefined;
  /** On top of it. */
  layers: readonly CachedLayer[];
  top: Digest | undefined;
  platform: Platform;
  config: ContainerDefaults;
  author: string;
  history: readonly ImageHistory[];
  /** When the last layer was made: ISO 8601, '' before there is one. */
  created: string;
  /** Declared arguments that have a value: they stand before variables of the environment. */
  args: ReadonlyMap<string, string>;
  /** All that were declared, in their order. */
  declared: ReadonlySet<string>;
  /** Whether the stage has a CMD of its own. */
  hasCommand: boolean;
  /** A cache that the image's configuration carries (caches/inline-cache.ts). */
  inlineCache?: string | undefined;
};

/** `FROM scratch`, and nothing else. */
export function isNothing({ base, history }: StageState): boolean {
  return base === undefined && history.length === 0;
}

/** Where BuildKit's images carry a cache. */
export const INLINE_CACHE = 'moby.buildkit.cache.v0';

/** diffID of a tar without entries. */
const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';
const BUILDKIT_COMMENT = 'buildkit.dockerfile.v0';

export type Dialect = 'classic' | 'buildkit';

/** What a stage begins with. */
export function initialState(base: Image | undefined, platform: Platform, dialect: Dialect): StageState {
  const config = base?.config;
  // BuildKit says of an empty root what a shell needs.
  const empty: ContainerDefaults =
    dialect === 'buildkit'
      ? { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], WorkingDir: '/' }
      : {};
  return {
    base,
    layers: [],
    top: base?.chainIds.at(-1),
    platform: config === undefined ? platform : platformOf(config),
    config: config?.config ?? (base === undefined ? empty : {}),
    author: config?.author ?? '',
    history: config?.history ?? [],
    created: config?.created ?? '',
    args: new Map(),
    declared: new Set(),
    hasCommand: false,
  };
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** A state with a step's line in its history, and its layer, where it has one, on top. */
export function withStep(
  state: StageState,
  createdBy: string,
  { layer, dialect, epoch }: { layer?: CachedLayer | undefined; dialect: Dialect; epoch: string | undefined },
): StageState {
  const created = epoch ?? layer?.createdAt ?? state.created;
  // Classic images have no layers that say nothing; BuildKit's have.
  const isEmpty = layer === undefined || (dialect === 'classic' && layer.diffId === EMPTY_LAYER);
  const step: ImageHistory = {
    ...(created === '' ? {} : { created }),
    created_by: createdBy,
    ...(dialect === 'buildkit' ? { comment: BUILDKIT_COMMENT } : {}),
    ...(isEmpty ? { empty_layer: true } : {}),
  };
  const history = [...state.history, step];
  if (isEmpty) return { ...state, history, created };
  return { ...state, history, created, layers: [...state.layers, layer], top: layer.chainId };
}

/** The configuration of an image of what there is, its keys in the order that Docker gives them. */
export function imageConfigOf(state: StageState): ImageConfig & { [INLINE_CACHE]?: string } {
  const { base, layers, platform, config, author, history, created, inlineCache } = state;
  return {
    architecture: platform.architecture,
    ...(author === '' ? {} : { author }),
    config,
    ...(created === '' ? {} : { created }),
    history: [...history],
    ...(inlineCache === undefined ? {} : { [INLINE_CACHE]: inlineCache }),
    os: platform.os,
    ...(base?.config['os.version'] === undefined ? {} : { 'os.version': base.config['os.version'] }),
    rootfs: {
      type: 'layers',
      diff_ids: [...(base?.config.rootfs.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)],
    },
    ...(platform.variant ? { variant: platform.variant } : {}),
  };
}
