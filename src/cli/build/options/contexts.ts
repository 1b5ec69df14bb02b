import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { layoutDigest } from './cache-options.ts';

/** What a build is made from, as the front end is told of it. */
export type BuildSources = {
  attributes: Record<string, string>;
  /** By the names that the front end asks for. */
  directories: Map<string, string>;
  /** Image layouts, by the names that the daemon asks for. */
  stores: Map<string, string>;
  upload: { path: string; stream: Readable } | undefined;
};

type Given = {
  /** A directory, a URL, or `-`. */
  place: string;
  /** `-f`: a path from here, a URL, or `-`; in a remote context a path in that. */
  file: string;
  /** `--build-context`: `NAME=PLACE`. */
  named: readonly string[];
  stdin: Readable;
};

/** @throws Error in Docker's words */
export async function buildSources(given: Given, undo: AsyncDisposableStack): Promise<BuildSources> {
  const sources: BuildSources = {
    attributes: {},
    directories: new Map(),
    stores: new Map(),
    upload: undefined,
  };
  const { place, file } = given;
  if (place === '-' && file === '-')
    throw new Error("invalid argument: can't use stdin for both build context and dockerfile");
  if (place === '-') await takeInput(sources, given, undo);
  else if (isRemote(place)) await takeRemote(sources, given, undo);
  else await takeDirectory(sources, given, undo);
  for (const text of given.named) takeNamed(sources, text);
  return sources;
}

/** BuildKit's rule, and Docker's older one. */
function isRemote(place: string): boolean {
  return (
    /^(?:https?|git|ssh):\/\/|^git@/.test(place) || (place.startsWith('github.com/') && !existsSync(place))
  );
}

/** An archive is the context, all else is a Dockerfile without one. */
async function takeInput(
  sources: BuildSources,
  { file, stdin }: Given,
  undo: AsyncDisposableStack,
): Promise<void> {
  const { head, whole } = await peeked(stdin);
  if (!isArchive(head)) {
    const directory = temporaryDirectory(undo);
    sources.directories.set('context', directory);
    return takeDockerfile(sources, await buffer(whole), undo);
  }
  const path = `/${randomUUID()}`;
  sources.upload = { path, stream: whole };
  sources.attributes.context = `http://buildkit-session${path}`;
  if (file !== '') sources.attributes.filename = file;
}

async function takeRemote(
  sources: BuildSources,
  { place, file, stdin }: Given,
  undo: AsyncDisposableStack,
): Promise<void> {
  sources.attributes.context = place;
  if (file === '-' || isRemote(file)) {
    takeDockerfile(sources, await dockerfileFrom(file, stdin), undo);
    sources.attributes.dockerfilekey = 'dockerfile';
  } else if (file !== '') sources.attributes.filename = file;
}

async function takeDirectory(
  sources: BuildSources,
  { place, file, stdin }: Given,
  undo: AsyncDisposableStack,
): Promise<void> {
  const directory = resolve(place);
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new Error(`unable to prepare context: path ${JSON.stringify(place)} not found`);
  if (!stat.isDirectory())
    throw new Error(`unable to prepare context: context must be a directory: ${directory}`);
  sources.directories.set('context', directory);
  if (file === '-' || isRemote(file)) return takeDockerfile(sources, await dockerfileFrom(file, stdin), undo);
  const dockerfile = file === '' ? join(directory, 'Dockerfile') : dockerfilePath(file, directory);
  sources.directories.set('dockerfile', dirname(dockerfile));
  sources.attributes.filename = basename(dockerfile);
}

/** A path from here, or else one in the context. */
function dockerfilePath(file: string, directory: string): string {
  return existsSync(resolve(file)) ? resolve(file) : resolve(directory, file);
}

async function dockerfileFrom(file: string, stdin: Readable): Promise<Buffer> {
  if (file === '-') return buffer(stdin);
  const response = await fetch(file);
  if (!response.ok) throw new Error(`failed to download ${file}: ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}

function takeDockerfile(sources: BuildSources, content: Buffer, undo: AsyncDisposableStack): void {
  const directory = temporaryDirectory(undo);
  writeFileSync(join(directory, 'Dockerfile'), content);
  sources.directories.set('dockerfile', directory);
  sources.attributes.filename = 'Dockerfile';
}

function temporaryDirectory(undo: AsyncDisposableStack): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-build-'));
  undo.defer(() => rmSync(directory, { recursive: true }));
  return directory;
}

function takeNamed({ attributes, directories, stores }: BuildSources, text: string): void {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new Error(`invalid context value: ${text}, expected key=value`);
  const [name, place] = [text.slice(0, equals), text.slice(equals + 1)];
  const key = `context:${name}`;
  if (place.startsWith('oci-layout://')) attributes[key] = layoutContext(stores, place);
  else if (place.startsWith('docker-image://') || isRemote(place)) attributes[key] = place;
  else {
    if (!statSync(place, { throwIfNoEntry: false })?.isDirectory())
      throw new Error(`failed to get build context ${name}: ${place} is no directory`);
    // The names of the main context are taken.
    const local = ['context', 'dockerfile'].includes(name) ? `_${name}` : name;
    directories.set(local, resolve(place));
    attributes[key] = `local:${local}`;
  }
}

/** `oci-layout://PATH[:TAG][@DIGEST]` */
function layoutContext(stores: Map<string, string>, place: string): string {
  const [, path = '', tag = 'latest', digest] =
    /^oci-layout:\/\/(.+?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(place) ?? [];
  const found = digest ?? layoutDigest(path, tag);
  if (found === undefined) throw new Error(`could not find tag ${tag} in the image layout ${path}`);
  const store = randomUUID();
  stores.set(`oci:${store}`, resolve(path));
  return `oci-layout://${store}@${found}`;
}

const PEEKED_BYTES = 512;

/** The first bytes of a stream, and all of it. */
async function peeked(stream: Readable): Promise<{ head: Buffer; whole: Readable }> {
  const chunks: Buffer[] = [];
  const iterator = stream.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  for (let length = 0; length < PEEKED_BYTES; ) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    chunks.push(value);
    length += value.length;
  }
  const head = Buffer.concat(chunks);
  const whole = new PassThrough();
  whole.write(head);
  void (async () => {
    try {
      for await (const chunk of iterator)
        if (!whole.write(chunk)) await new Promise(resolved => whole.once('drain', resolved));
      whole.end();
    } catch (error) {
      whole.destroy(error as Error);
    }
  })();
  return { head, whole };
}

/** gzip, bzip2, xz, zstd. */
const COMPRESSED = ['1f8b08', '425a68', 'fd377a585a00', '28b52ffd'];

function isArchive(head: Buffer): boolean {
  const start = head.toString('hex', 0, 6);
  return COMPRESSED.some(magic => start.startsWith(magic)) || head.toString('latin1', 257, 262) === 'ustar';
}
