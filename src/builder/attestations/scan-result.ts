import { closeSync } from 'node:fs';
import { readDescriptor } from '../../archive/read-descriptor.ts';
import { TarReader } from '../../archive/tar/tar-reader.ts';
import { EngineError } from '../../base/errors.ts';
import { struct, text } from '../../base/go/decode.ts';
import { parseRunMount } from '../../dockerfile/run-mount.ts';
import { hostPlatform } from '../../oci/platform.ts';
import type { Build } from '../build.ts';
import { findImage } from '../build-image.ts';
import type { BuildRequest } from '../build-request.ts';
import type { Attestation } from '../exporters/attestation-manifest.ts';
import { copyFiles, plainCopy } from '../operations/copy-files.ts';
import { runCommand } from '../operations/run-command.ts';
import { emptyDirectory } from '../open-builder.ts';
import type { RunOutput } from '../solver/shared-runs.ts';
import type { StageState } from '../stage-state.ts';

/** Where a scanner sees what it looks at, and where it leaves what it has found (BuildKit's sbom-protocol.md). */
const SOURCE = '/run/src/core/sbom';
const DESTINATION = '/run/out';
const MAX_BYTES = 64 * 1024 * 1024;

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'> & { say: (output: RunOutput) => void };

/**
 * Has an image look at what was built, and say what is in it (SBOM): run as a step is, with the result's files below
 * /run/src. What is the same is not looked at twice.
 * @throws EngineError not-found for the image, invalid-parameter when it fails, or leaves what is no statement
 */
export async function scanResult(
  holder: Holder,
  request: BuildRequest,
  { state, generator }: { state: StageState; generator: string },
): Promise<Attestation[]> {
  const { parts, signal, undo, say } = holder;
  const image = await findImage({ parts, request, signal }, generator, hostPlatform());
  undo.defer(parts.builds.hold(image));
  const { Entrypoint, Cmd, Env, User, WorkingDir } = image.config.config ?? {};
  const command = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (command.length === 0)
    throw new EngineError('invalid-parameter', `the SBOM generator ${generator} has no command`);
  const description = `generating sbom using ${generator}`;
  const source = { kind: 'directory', path: emptyDirectory(parts.root), identity: 'empty' } as const;
  const { layer: place } = await copyFiles(parts, {
    top: image.chainIds.at(-1),
    parts: [{ source, copy: { ...plainCopy('/', DESTINATION), link: false } }],
    description,
    noCache: false,
  });
  const { layer } = await runCommand(
    parts,
    {
      top: place.chainId,
      command,
      env: [...(Env ?? []), `BUILDKIT_SCAN_SOURCE=${SOURCE}`, `BUILDKIT_SCAN_DESTINATION=${DESTINATION}/`],
      extraEnv: [],
      user: User ?? '',
      workingDirectory: WorkingDir || '/',
      hostname: '',
      hostConfig: request.hostConfig,
      mounts: [sourceMount(request, state)],
      description,
      noCache: request.noCache,
    },
    { signal, say },
  );
  return statementsIn(parts, layer.diffId);
}

function sourceMount({ secrets, agents }: BuildRequest, { top }: StageState) {
  const mount = parseRunMount(`type=bind,target=${SOURCE}`, value => value);
  return {
    mount,
    destination: SOURCE,
    source: { kind: 'layer', top } as const,
    content: undefined,
    secrets,
    agents,
    identity: ['bind', SOURCE, top],
  };
}

/** What a scanner has left: files of one in-toto statement each. */
async function statementsIn({ content }: Build['parts'], diffId: `sha256:${string}`): Promise<Attestation[]> {
  const statements: Attestation[] = [];
  let chunks: Buffer[] | undefined;
  let length = 0;
  const reader = new TarReader({
    entry({ path, type }) {
      chunks = type === 'file' && /^\/?run\/out\/[^/]+\.json$/.test(path) ? [] : undefined;
    },
    data(chunk) {
      if (chunks === undefined) return;
      length += chunk.length;
      if (length > MAX_BYTES)
        throw new EngineError('invalid-parameter', `the SBOM is larger than ${MAX_BYTES} bytes`);
      chunks.push(Buffer.from(chunk));
    },
    end() {
      if (chunks !== undefined) statements.push(statementOf(Buffer.concat(chunks)));
    },
  });
  const fd = await content.open(diffId);
  try {
    for await (const chunk of readDescriptor(fd)) reader.write(chunk);
  } finally {
    closeSync(fd);
  }
  return statements;
}

const statement = struct<{ predicateType?: string }>('Statement', { predicateType: text() });

function statementOf(raw: Buffer): Attestation {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString());
  } catch (cause) {
    throw new EngineError('invalid-parameter', 'the SBOM generator has left what is no JSON', { cause });
  }
  const { predicateType = '' } = statement(value, '');
  return { predicateType, predicate: (value as { predicate?: unknown }).predicate ?? {} };
}
