import { createWriteStream, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CopyRequest } from '../../archive/rooted/pack-copy.ts';
import { EngineError } from '../../base/errors.ts';
import { checkPathLength } from '../../base/path-length.ts';
import type { AddInstruction, CopyInstruction, Written } from '../../dockerfile/instruction.ts';
import { expandWord } from '../../dockerfile/shell-lexer.ts';
import { type AccountFiles, resolveUser } from '../../oci/resolve-user.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { Outcome } from '../builder-parts.ts';
import { cloneRepository } from '../contexts/clone-repository.ts';
import { isGitReference, parseGitReference } from '../contexts/git-reference.ts';
import { type CopyPart, copyFiles } from '../operations/copy-files.ts';
import { parseMode } from '../operations/parse-mode.ts';
import type { SourceTree } from '../operations/source-tree.ts';
import { unpackedArchive } from '../operations/unpacked-archive.ts';
import type { StageState } from '../stage-state.ts';
import { sourceTree } from './find-source.ts';
import type { StepVariables } from './step-variables.ts';

type Transfer = Written & (CopyInstruction | AddInstruction);
const REMOTE = /^https?:\/\//i;

/** COPY and ADD. */
export async function transferStep(
  build: Build,
  state: StageState,
  step: Transfer,
  variables: StepVariables,
): Promise<Outcome> {
  const expand = (text: string): string => expandWord(text, variables, { escape: build.dockerfile.escape });
  const sources = step.sources.map(expand);
  const copy = await requestOf(build, state, step, expand);
  const saysDirectory = copy.destination.endsWith('/');
  // Of several files BuildKit would leave the last one. Of directories the contents are put together.
  const alone = step.inline.length + sources.filter(each => REMOTE.test(each)).length;
  if (alone > 0 && sources.length + step.inline.length > 1 && !saysDirectory)
    throw new EngineError(
      'invalid-parameter',
      `when using ${step.kind.toUpperCase()} with more than one source file, the destination must be a directory and end with a /`,
    );
  const parts = [
    ...inlineParts(build, step, { copy, expand }),
    ...(await (step.kind === 'copy'
      ? copiedParts(build, state, step, { copy, sources, expand })
      : addedParts(build, step, { copy, sources }))),
  ];
  return copyFiles(build.parts, {
    top: state.top,
    parts,
    description: step.original,
    noCache: build.request.noCache,
  });
}

async function requestOf(
  build: Build,
  { config, top }: StageState,
  step: Transfer,
  expand: (text: string) => string,
): Promise<CopyRequest> {
  const written = expand(step.destination);
  checkPathLength(written);
  const saysDirectory = /(?:^|\/)\.?$/.test(written);
  const destination = posix.join(
    '/',
    posix.isAbsolute(written) ? written : posix.join(config.WorkingDir || '/', written),
  );
  const [chown, chmod] = [expand(step.chown), expand(step.chmod)];
  return {
    sources: [],
    destination: saysDirectory ? destination.replace(/\/*$/, '/') : destination,
    parents: step.parents,
    exclude: step.exclude.map(expand),
    owner: chown === '' ? defaultOwner(step) : await ownerOf(build, top, chown),
    mode: chmod === '' ? undefined : parseMode(chmod),
    link: step.link,
    createdNs:
      build.epoch === undefined
        ? BigInt(Date.now()) * 1_000_000n
        : BigInt(Date.parse(build.epoch)) * 1_000_000n,
  };
}

/** What comes from outside belongs to root; what comes from a stage or an image stays whose it is. */
function defaultOwner(step: Transfer): { uid: number; gid: number } | undefined {
  return step.kind === 'copy' && step.from !== '' ? undefined : { uid: 0, gid: 0 };
}

/** A number alone is the group, too, and a name that nobody has is root's, as BuildKit has it. */
export async function ownerOf(
  { parts, request: { dialect } }: Build,
  top: StageState['top'],
  user: string,
): Promise<{ uid: number; gid: number }> {
  if (/^\d{1,10}$/.test(user)) return { uid: Number(user), gid: Number(user) };
  const layer = await parts.builds.create(top);
  try {
    const { uid, gid } = await resolveUser(user, layer);
    return { uid, gid };
  } catch (error) {
    if (dialect === 'classic' || !(error instanceof EngineError)) throw error;
    return await knownParts(user, layer);
  } finally {
    parts.builds.remove(layer.containerId);
  }
}

/** Whose of both names there are. */
async function knownParts(user: string, files: AccountFiles): Promise<{ uid: number; gid: number }> {
  const [name = '', group = ''] = user.split(':', 2);
  const root = { uid: 0, gid: 0 };
  const { uid } = await resolveUser(name, files).catch(() => root);
  const { gid } = await resolveUser(`0:${group}`, files).catch(() => root);
  return { uid, gid };
}

type Given = { copy: CopyRequest; sources: string[] };

async function copiedParts(
  build: Build,
  state: StageState,
  { from }: CopyInstruction,
  { copy, sources, expand }: Given & { expand: (text: string) => string },
): Promise<CopyPart[]> {
  if (sources.length === 0) return [];
  return [{ source: await sourceTree(build, expand(from), state.platform), copy: { ...copy, sources } }];
}

/** Files whose content is in the Dockerfile. */
function inlineParts(
  build: Build,
  { inline }: Transfer,
  { copy, expand }: { copy: CopyRequest; expand: (text: string) => string },
): CopyPart[] {
  if (inline.length === 0) return [];
  const path = temporaryDirectory(build);
  const sources = inline.map(({ name, content, expands }, index) => {
    if (name.includes('/') || name === '.' || name === '..')
      throw new EngineError('invalid-parameter', `heredoc ${name} is not a file name`);
    const directory = join(path, String(index));
    mkdirSync(directory);
    writeFileSync(join(directory, name), expands ? expandHeredoc(content, expand) : content, { mode: 0o644 });
    return `${index}/${name}`;
  });
  return [{ source: { kind: 'directory', path }, copy: { ...copy, sources, parents: false } }];
}

/** Quotes in it are text. */
function expandHeredoc(content: string, expand: (text: string) => string): string {
  return content
    .split(/(\$\{(?:[^{}]|\{[^{}]*\})*\}|\$\w+|\\[\\$])/)
    .map((piece, index) =>
      index % 2 === 1 ? (piece.startsWith('\\') ? piece.slice(1) : expand(piece)) : piece,
    )
    .join('');
}

async function addedParts(build: Build, step: AddInstruction, { copy, sources }: Given): Promise<CopyPart[]> {
  if (step.checksum !== '' && sources.some(each => !isGitReference(each) && !REMOTE.test(each)))
    throw new EngineError('invalid-parameter', 'checksum requires HTTP(S) or Git sources');
  const parts: CopyPart[] = [];
  for (const source of sources) parts.push(...(await partsOf(source)));
  return parts;

  async function partsOf(source: string): Promise<CopyPart[]> {
    const given = { copy, sources: [source] };
    if (isGitReference(source)) return [await repositoryPart(build, step, given)];
    return REMOTE.test(source) ? [await remotePart(build, step, given)] : localParts(build, step, given);
  }
}

/** Archives are unpacked, unless the instruction says otherwise. */
async function localParts(build: Build, step: AddInstruction, { copy, sources }: Given): Promise<CopyPart[]> {
  const source = await sourceTree(build, '', build.buildPlatform);
  if (step.unpack === false || source.kind !== 'directory') return [{ source, copy: { ...copy, sources } }];
  const matches = await build.parts.threads.run({ kind: 'match-paths', source: source.path, sources });
  const archives = new Map<string, SourceTree>();
  for (const { path, isFile } of matches) {
    const unpacked = isFile ? await unpackedArchive(build, source.path, path) : undefined;
    if (unpacked !== undefined) archives.set(path, unpacked);
  }
  if (archives.size === 0) return [{ source, copy: { ...copy, sources } }];
  return matches.map(({ path }) => {
    const archive = archives.get(path);
    // Owners are as the archive has them, unless the instruction says otherwise.
    return archive === undefined
      ? { source, copy: { ...copy, sources: [literal(path)] } }
      : {
          source: archive,
          copy: {
            ...copy,
            sources: ['/'],
            parents: false,
            owner: step.chown === '' ? undefined : copy.owner,
          },
        };
  });
}

/** A path that matches itself. */
function literal(path: string): string {
  return path.replace(/[*?[\\]/g, '\\$&');
}

/** The files of a commit. */
async function repositoryPart(
  build: Build,
  { keepGitDirectory, checksum }: AddInstruction,
  { copy, sources }: Given,
): Promise<CopyPart> {
  const { secrets, agents } = build.request;
  const reference = parseGitReference(sources[0] as string);
  const files = await cloneRepository({ ...build, secrets, agents }, reference, {
    keepGitDirectory,
    checksum,
  });
  return { source: { kind: 'directory', ...files }, copy: { ...copy, sources: ['/'], parents: false } };
}

async function remotePart(build: Build, step: AddInstruction, { copy, sources }: Given): Promise<CopyPart> {
  const url = sources[0] as string;
  const name = posix.basename(new URL(url).pathname);
  if (name === '' && copy.destination.endsWith('/'))
    throw new EngineError('invalid-parameter', `cannot determine filename from url: ${url}`);
  const path = temporaryDirectory(build);
  const file = join(path, name || 'download');
  const { body } = await build.parts.download(url, build.signal);
  const hash = createHash('sha256');
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(file, { mode: 0o600 }),
    { signal: build.signal },
  );
  const digest = `sha256:${hash.digest('hex')}`;
  if (step.checksum !== '' && step.checksum !== digest)
    throw new EngineError(
      'invalid-parameter',
      `digest mismatch for ${url}: ${digest} (expected: ${step.checksum})`,
    );
  const modified = Date.parse(body.headers['last-modified'] ?? '');
  const time = Number.isNaN(modified) ? 0 : modified / 1000;
  utimesSync(file, time, time);
  if (step.unpack === true) {
    const unpacked = await unpackedArchive(build, path, posix.basename(file));
    if (unpacked !== undefined)
      return { source: unpacked, copy: { ...copy, sources: ['/'], owner: undefined } };
  }
  return { source: { kind: 'directory', path }, copy: { ...copy, sources: [literal(posix.basename(file))] } };
}
