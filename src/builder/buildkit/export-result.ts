import { closeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { openWithoutDevices } from '../../archive/rooted/without-devices.ts';
import { packStream, type Tree } from '../../archive/rooted/pack-stream.ts';
import { EngineError } from '../../base/errors.ts';
import { parseReference, withDefaultTag, familiarString } from '../../oci/reference.ts';
import { formatPlatform, hostPlatform, isForPlatform } from '../../oci/platform.ts';
import { epochOf, finalState, storeState } from '../build-image.ts';
import type { Build } from '../build.ts';
import type { Built } from '../build-image.ts';
import type { BuildRequest } from '../build-request.ts';
import { type AssembledImage, annotationsFor, assembleImage } from '../exporters/assemble-image.ts';
import { flagOf, imageOptions, type ImageOptions } from '../exporters/export-options.ts';
import type { Attestation } from '../exporters/attestation-manifest.ts';
import { imageArchive } from '../exporters/image-archive.ts';
import { withRewrittenLayers } from '../exporters/rewrite-layers.ts';
import type { StageState } from '../stage-state.ts';
import type { Attributes, Told } from './frontend-request.ts';
import { sendStream, sendTrees, type SentTree } from './send-files.ts';
import type { Session } from './sessions.ts';

export type Exporter = { type: string; attributes: Attributes };

/** What a build has come to: a state for each platform. */
export type Result = {
  request: BuildRequest;
  states: readonly StageState[];
  /** What the states are from. */
  builds: readonly Built[];
  /** What is attested of each state. */
  attestations: readonly (readonly Attestation[])[];
  /** Whether only images have that, and nothing else is asked to. */
  attestsImagesOnly: boolean;
};

export type ExportContext = Pick<Build, 'parts' | 'undo' | 'signal'> & {
  session: Session;
  told: Told;
  /** Of the export among those of the build. */
  index: number;
};

/**
 * Makes of a result what a client wants of it.
 * @returns what BuildKit's exporters answer
 * @throws EngineError invalid-parameter for what cannot be had
 */
export function exportResult(
  context: ExportContext,
  result: Result,
  { type, attributes }: Exporter,
): Promise<Record<string, string>> {
  switch (type) {
    case 'moby':
    case 'image':
    case 'registry':
      return exportImage(context, result, { type, attributes });
    case 'oci':
    case 'docker':
      return exportArchive(context, result, { type, attributes });
    case 'local':
      return exportFiles(context, result, attributes);
    case 'tar':
      return exportTar(context, result);
    default:
      throw new EngineError('invalid-parameter', `exporter ${JSON.stringify(type)} could not be found`);
  }
}

type Prepared = { states: StageState[]; options: ImageOptions };

/** With the request's labels, and times rewritten where that is wanted. */
async function prepared(
  context: ExportContext,
  { request, states }: Result,
  { type, attributes }: Exporter,
): Promise<Prepared> {
  const options = imageOptions(attributes, { type, epoch: epochOf(request, attributes) });
  const final: StageState[] = [];
  for (const state of states) {
    const own = finalState(request, state);
    final.push(
      options.rewriteTimes === undefined
        ? own
        : await withRewrittenLayers(context, own, options.rewriteTimes),
    );
  }
  return { states: final, options };
}

async function exportImage(
  context: ExportContext,
  result: Result,
  exporter: Exporter,
): Promise<Record<string, string>> {
  const { attributes, type } = exporter;
  const { states, options } = await prepared(context, result, exporter);
  const byDigest = flagOf(attributes, 'push-by-digest', false);
  const pushes = type === 'registry' || flagOf(attributes, 'push', false) || byDigest;
  const names = options.names.map(name => familiarString(withDefaultTag(parseReference(name))));
  if (pushes && options.names.length === 0)
    throw new EngineError('invalid-parameter', 'tag is needed when pushing to registry');
  const response = nameOf(options);
  const isStored = type !== 'registry' && !byDigest && flagOf(attributes, 'store', true);
  const store = states.length === 1 ? storeOwn : storeAll;
  if (isStored) Object.assign(response, await store(context, { states, options }));
  if (!pushes) return response;
  const image = await context.told('exporting layers', () =>
    assembleImage(context, states, options, result.attestations),
  );
  for (const [index, name] of names.entries())
    await context.told(`pushing ${name} with ${image.top.descriptor.digest}`, () =>
      push(context, result, {
        name: byDigest ? familiarName(options.names[index] as string) : name,
        image,
      }),
    );
  return { ...response, ...answerOf(image) };
}

function nameOf({ names }: ImageOptions): Record<string, string> {
  return names.length === 0 ? {} : { 'image.name': names.join(',') };
}

function familiarName(name: string): string {
  return familiarString({ ...parseReference(name), tag: undefined });
}

function push(
  { parts, signal }: ExportContext,
  { request: { credentials } }: Result,
  { name, image }: { name: string; image: AssembledImage },
): Promise<void> {
  return parts.push(name, image, { credentials, signal });
}

/** All platforms, of which the store makes one the image: this machine's, or else the first. */
async function storeAll(
  context: ExportContext,
  { states, options }: Prepared,
): Promise<Record<string, string>> {
  const { parts, told } = context;
  const platforms = states.map(({ platform }) => platform);
  const chosen =
    platforms.find(each => isForPlatform(each, hostPlatform())) ?? platforms[0] ?? hostPlatform();
  const assembled = await assembleImage(context, states, { ...options, compression: 'none', ociTypes: true });
  const { names } = options;
  const archive = imageArchive(assembled, { names, forDocker: false });
  const image = await told('exporting to image', () =>
    parts.load(Readable.from(archive, { objectMode: false }), chosen),
  );
  for (const tag of names) parts.onTagged(image, tag);
  parts.onBuilt(image);
  return {
    'containerimage.digest': assembled.top.descriptor.digest,
    'containerimage.config.digest': image.id,
  };
}

/** The image of one platform. */
async function storeOwn(
  { parts, told }: ExportContext,
  { states, options }: Prepared,
): Promise<Record<string, string>> {
  const [state] = states;
  if (state === undefined) throw new TypeError('there is nothing to store');
  const annotations = annotationsFor(state, options.annotations.manifests);
  const { image } = await told('exporting to image', () =>
    storeState(parts, state, { tags: options.names, annotations }),
  );
  // As BuildKit tells of it in Docker: names first, and the image also when it was there.
  for (const tag of options.names) parts.onTagged(image, tag);
  parts.onBuilt(image);
  return { 'containerimage.digest': image.id, 'containerimage.config.digest': image.id };
}

function answerOf({ top, platforms }: AssembledImage): Record<string, string> {
  const { descriptor } = top;
  const [only] = platforms;
  return {
    'containerimage.digest': descriptor.digest,
    'containerimage.descriptor': Buffer.from(JSON.stringify(descriptor)).toString('base64'),
    ...(platforms.length === 1 && only !== undefined
      ? { 'containerimage.config.digest': only.config.descriptor.digest }
      : {}),
  };
}

async function exportArchive(
  context: ExportContext,
  result: Result,
  exporter: Exporter,
): Promise<Record<string, string>> {
  const { type, attributes } = exporter;
  const { states, options } = await prepared(context, result, exporter);
  const forDocker = type === 'docker';
  const attestations = forDocker && result.attestsImagesOnly ? [] : result.attestations;
  if (forDocker && (states.length > 1 || attestations.some(({ length }) => length > 0)))
    throw new EngineError(
      'invalid-parameter',
      'docker exporter does not currently support exporting manifest lists',
    );
  if (!flagOf(attributes, 'tar', true))
    throw new EngineError('invalid-parameter', `exporter ${type} with tar=false is not supported`);
  const image = await context.told('exporting layers', () =>
    assembleImage(context, states, options, attestations),
  );
  await context.told(`sending tarball`, () =>
    sendStream(context.session, imageArchive(image, { names: options.names, forDocker }), context),
  );
  return { ...answerOf(image), ...nameOf(options) };
}

async function exportFiles(
  context: ExportContext,
  { states }: Result,
  attributes: Attributes,
): Promise<Record<string, string>> {
  const isSplit = flagOf(attributes, 'platform-split', states.length > 1);
  const directory = ({ platform }: StageState) =>
    isSplit ? formatPlatform(platform).replaceAll('/', '_') : '';
  if (!isSplit && states.length > 1)
    throw new EngineError('invalid-parameter', 'platform-split=false is not supported for several platforms');
  const sorted = states.toSorted((a, b) => (directory(a) < directory(b) ? -1 : 1));
  const send = (rest: readonly StageState[], opened: SentTree[]): Promise<void> => {
    const [state, ...others] = rest;
    if (state === undefined) return sendTrees(context.parts, context.session, opened, context);
    return context.parts.builds.withTree(state.top, async tree => {
      const root = await openedTree(tree);
      try {
        await send(others, [...opened, { root, directory: directory(state) }]);
      } finally {
        closeSync(root);
      }
    });
  };
  await context.told('copying files', () => send(sorted, []));
  return {};
}

async function openedTree(tree: Tree): Promise<number> {
  return typeof tree === 'function' ? tree() : openWithoutDevices(tree);
}

async function exportTar(context: ExportContext, { states }: Result): Promise<Record<string, string>> {
  const [state] = states;
  if (state === undefined || states.length > 1)
    throw new EngineError('invalid-parameter', 'exporter tar takes one platform: use type=local');
  await context.told('sending tarball', () =>
    context.parts.builds.withTree(state.top, tree =>
      sendStream(context.session, packStream(context.parts.threads, tree), context),
    ),
  );
  return {};
}
