import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Credentials } from './build-request.ts';
import type { RunBuildStep } from '../api/build-step.ts';
import type { RootedThreads } from '../archive/rooted/rooted-threads.ts';
import type { KeyedLock } from '../base/keyed-lock.ts';
import type { Content } from '../graph/content/content.ts';
import type { BuildLayers, Image } from '../graph/graph.ts';
import type { Descriptor } from '../oci/image-spec.ts';
import type { PushedImage } from '../oci/pushed-image.ts';
import type { Platform } from '../oci/platform.ts';
import type { Activity } from './solver/activity.ts';
import type { CacheMounts } from './solver/cache-mounts.ts';
import type { CacheStore } from './solver/cache-store.ts';
import type { CachedLayer, ResultCache } from './solver/result-cache.ts';
import type { Operation } from './solver/operation-key.ts';
import type { Removals } from './solver/removals.ts';
import type { SharedRuns } from './solver/shared-runs.ts';
import type { StepRecords } from './solver/step-records.ts';

/** What the builder asks of the engine; main/ hands it in. */
export type BuilderPorts = {
  builds: BuildLayers;
  content: Pick<Content, 'open' | 'read' | 'sizeOf'>;
  /** A local image. @throws EngineError not-found */
  resolve(reference: string, platform: Platform): Promise<Image>;
  /** Fetches an image from its registry. */
  pull(
    reference: string,
    platform: Platform,
    request: { credentials: Credentials; signal: AbortSignal },
  ): Promise<void>;
  /** Takes the image for a platform out of the tar of an OCI layout. @throws EngineError invalid-parameter */
  load(archive: Readable, platform: Platform): Promise<Image>;
  runStep: RunBuildStep;
  /** Brings an image to a registry, under a name. @throws RegistryError as the registry has it */
  push(reference: string, image: PushedImage, request: PushRequest): Promise<void>;
  /** What a registry has under a name, as far as it is asked for. @throws EngineError invalid-parameter */
  remoteContent(reference: string, request: PushRequest): Promise<StoredContent>;
  /** What is at an address of HTTP or HTTPS. The signal breaks it off at any time. */
  download(url: string, signal: AbortSignal): Promise<{ body: IncomingMessage }>;
  /** For what is fetched by other programs: as the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY have them. */
  proxies: { http: string; https: string; none: string };
  /** Tells of an image that was built. */
  onBuilt(image: Image): void;
  /** Tells of a name that it has got. */
  onTagged(image: Image, tag: string): void;
  threads: RootedThreads;
};

/** Manifests and blobs: of a repository, or of a directory that a client has. */
export type StoredContent = {
  /** The manifest or index that it is known by. */
  top(): Promise<Buffer>;
  /** A manifest that another one names. */
  manifest(descriptor: Descriptor): Promise<Buffer>;
  /** The bytes of a blob, not verified. */
  read(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
};

export type PushRequest = { credentials: Credentials; signal: AbortSignal };

/** The parts of one builder. */
export type BuilderParts = BuilderPorts & {
  /** The builder's own directory. */
  root: string;
  /** What operations ask; for one build, that has what it imports, too. */
  cache: ResultCache;
  /** What is behind it: the builder's own results. */
  store: CacheStore;
  runs: SharedRuns<Outcome>;
  /** What steps were made of when they were built last. */
  records: StepRecords;
  activity: Activity;
  /** Temporary directories that go. */
  removals: Removals;
  cacheMounts: CacheMounts;
  /** Of cache mounts that only one may use at a time. */
  mountLocks: KeyedLock;
};

/** What an operation has come to. */
export type Outcome = { layer: CachedLayer; cached: boolean; operation: Operation };
