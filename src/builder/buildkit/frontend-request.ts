import { Readable } from 'node:stream';
import type { HostConfig, Ulimit } from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { checkPatterns, readIgnoreFile } from '../../base/ignore-patterns.ts';
import { MAX_DOCKERFILE_BYTES } from '../../dockerfile/read-lines.ts';
import { parsePlatform } from '../../oci/parse-platform.ts';
import type { Image } from '../../graph/graph.ts';
import { formatPlatform, hostPlatform, type Platform } from '../../oci/platform.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { BuildContext, BuildRequest, ReceivedFiles, SecretSource } from '../build-request.ts';
import { isGitReference } from '../contexts/git-reference.ts';
import { openRemoteContext, openSentContext } from '../contexts/remote-context.ts';
import { readContextFile } from '../legacy/open-context.ts';
import { receiveFiles, type WantedFiles } from './receive-files.ts';
import { layoutArchive, parseLayoutReference } from './client-layout.ts';
import { agentsOf, getCredentials, getSecret, readUpload, type Session } from './sessions.ts';

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'>;
export type Attributes = Readonly<Record<string, string>>;
/** What a client grants to the Dockerfile that it has built: `network.host`. */
export type Entitlements = readonly string[];
/** Tells of something that is done for the build, and is no instruction. */
export type Told = <T>(name: string, task: () => Promise<T>) => Promise<T>;

const DEFAULT_NAME = 'Dockerfile';
const HOSTNAME = 'buildkitsandbox';

/** A request, and the platforms that it is for: the request itself is for the first. */
export type FrontendRequest = {
  request: BuildRequest;
  platforms: readonly Platform[];
  /** Patterns of what is left out of the client's context. */
  ignored: readonly string[];
};

export type FrontendInput = {
  attributes: Attributes;
  told: Told;
  /** What other builds have come to, by the names that the client gives them. */
  inputs: ReadonlyMap<string, ResultContext>;
};
export type ResultContext = Extract<BuildContext, { kind: 'result' }>;

/**
 * A request to the front end `dockerfile.v0`, completed: the Dockerfile is fetched from the client, or from where the
 * context is; contexts are when something asks for them.
 * @throws EngineError not-implemented for what is not there, invalid-parameter
 */
export async function frontendRequest(
  holder: Holder,
  { session, entitlements }: { session: Session; entitlements: Entitlements },
  input: FrontendInput,
): Promise<FrontendRequest> {
  const { attributes, told } = input;
  const client = new ClientContexts(holder, session, input);
  const name = attributes.filename || DEFAULT_NAME;
  const { dockerfile, ignored } = await told(`[internal] load build definition from ${name}`, () =>
    client.dockerfile(name),
  );
  if (dockerfile === undefined)
    throw new EngineError('not-found', `failed to read dockerfile: open ${name}: no such file or directory`);
  const platforms = (attributes.platform ?? '').split(',').filter(Boolean).map(parsePlatform);
  const hostConfig = hostConfigOf(attributes);
  const request: BuildRequest = {
    dockerfileName: name,
    dockerfile,
    context: client.main(ignored),
    namedContexts: client.named(),
    project: session.sharedKey,
    target: attributes.target ?? '',
    buildArgs: new Map(prefixed(attributes, 'build-arg:')),
    labels: Object.fromEntries(prefixed(attributes, 'label:')),
    platform: platforms[0] ?? hostPlatform(),
    // Without names it means all of them.
    noCache: attributes['no-cache'] === '',
    uncachedStages: (attributes['no-cache'] ?? '').split(',').filter(Boolean),
    pull: attributes['image-resolve-mode'] === 'pull',
    hostname: attributes.hostname || attributes['build-arg:BUILDKIT_SANDBOX_HOSTNAME'] || HOSTNAME,
    hostConfig,
    allowsInsecure: entitlements.includes('security.insecure'),
    allowsHostNetwork: hostConfig.NetworkMode === 'host' || entitlements.includes('network.host'),
    tags: [],
    secrets: (id, signal) => getSecret(session, id, signal),
    agents: agentsOf(session),
    credentials: (registry, signal) => getCredentials(session, registry, signal),
    caches: [],
    dialect: 'buildkit',
  };
  return {
    request,
    platforms: platforms.length === 0 ? [request.platform] : platforms,
    ignored: ignored === undefined ? [] : readIgnoreFile(ignored),
  };
}

/** Where a client's standard input is, when that is the context. */
const UPLOAD_HOST = 'buildkit-session';

/** What a client has given to build from. */
class ClientContexts {
  readonly #holder: Holder;
  readonly #session: Session;
  readonly #input: FrontendInput;
  #remoteFiles: Promise<ReceivedFiles> | undefined;

  constructor(holder: Holder, session: Session, input: FrontendInput) {
    this.#holder = holder;
    this.#session = session;
    this.#input = input;
  }

  get #attributes(): Attributes {
    return this.#input.attributes;
  }

  async dockerfile(name: string): Promise<{ dockerfile: string | undefined; ignored: string | undefined }> {
    const key = this.#attributes['dockerfilekey'];
    const isLocal = !this.#attributes.context || key !== undefined;
    const { path: directory, isDockerfile } = isLocal
      ? await this.#receive({
          name: key || 'dockerfile',
          follow: [name, `${name}.dockerignore`, name.toLowerCase()],
        })
      : await this.#remote();
    const read = (path: string) => readContextFile(directory, path, MAX_DOCKERFILE_BYTES);
    if (isDockerfile) return { dockerfile: read(DEFAULT_NAME), ignored: undefined };
    return { dockerfile: read(name) ?? read(name.toLowerCase()), ignored: read(`${name}.dockerignore`) };
  }

  /** @param ignored the Dockerfile's own .dockerignore */
  main(ignored: string | undefined): BuildContext {
    if (this.#attributes.context) return fetchedOnce(() => this.#remote());
    return this.#local(this.#attributes['contextkey'] || 'context', 'build context', ignored);
  }

  #remote(): Promise<ReceivedFiles> {
    const { context: address = '' } = this.#attributes;
    this.#remoteFiles ??= this.#input.told(`[internal] load remote build context`, async () => {
      const url = URL.parse(address);
      if (url?.hostname !== UPLOAD_HOST) return this.#fetch(address);
      const { signal } = this.#holder;
      return openSentContext(
        this.#holder,
        Readable.from(readUpload(this.#session, url, signal), { objectMode: false }),
      );
    });
    return this.#remoteFiles;
  }

  #fetch(address: string): Promise<ReceivedFiles> {
    const secrets: SecretSource = (id, signal) => getSecret(this.#session, id, signal);
    const keepGitDirectory = ['1', 'true'].includes(
      this.#attributes['build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR'] ?? '',
    );
    const agents = agentsOf(this.#session);
    return openRemoteContext({ ...this.#holder, secrets, agents }, address, { keepGitDirectory });
  }

  #receive(wanted: WantedFiles): Promise<ReceivedFiles> {
    return received(this.#holder, this.#session, wanted);
  }

  #local(name: string, what: string, ignored?: string): BuildContext {
    const patterns = async (): Promise<string[]> => {
      const text = ignored ?? (await ignoreFile(wanted => this.#receive(wanted), name));
      const read = text === undefined ? [] : readIgnoreFile(text);
      // What is wrong in it is told of here, as the client makes something else of it.
      checkPatterns(read);
      return read;
    };
    return fetchedOnce(async () => {
      const exclude = await this.#input.told('[internal] load .dockerignore', patterns);
      return this.#input.told(`[internal] load ${what}`, () => this.#receive({ name, exclude }));
    });
  }

  /** `context:NAME` = `local:KEY`, `docker-image://REFERENCE`, `oci-layout://…`, `input:NAME`, or an address. */
  named(): Map<string, BuildContext> {
    return new Map(
      prefixed(this.#attributes, 'context:').map(([name, value]) => [name, this.#namedContext(name, value)]),
    );
  }

  #namedContext(name: string, value: string): BuildContext {
    const [, scheme = '', rest = ''] =
      /^(local|docker-image|oci-layout|input):(?:\/\/)?(.*)$/.exec(value) ?? [];
    switch (scheme) {
      case 'local':
        return this.#local(rest, `context ${name}`);
      case 'docker-image':
        return { kind: 'image', reference: rest };
      case 'oci-layout':
        return this.#layout(rest);
      case 'input': {
        const input = this.#input.inputs.get(rest);
        if (input !== undefined) return input;
        throw new EngineError('invalid-parameter', `invalid input ${rest} for ${name}`);
      }
      default:
        if (isGitReference(value) || /^https?:\/\//.test(value)) return fetchedOnce(() => this.#fetch(value));
        throw new EngineError('invalid-parameter', `unsupported context source ${value} for ${name}`);
    }
  }

  #layout(reference: string): BuildContext {
    const { store, digest } = parseLayoutReference(reference);
    const { parts, signal, undo } = this.#holder;
    const open = async (platform: Platform): Promise<Image> => {
      const archive = await layoutArchive({ session: this.#session, store, signal }, digest, platform);
      const image = await parts.load(archive, platform);
      undo.defer(parts.builds.hold(image));
      return image;
    };
    const opened = new Map<string, Promise<Image>>();
    return {
      kind: 'layout',
      open: platform => {
        const key = formatPlatform(platform);
        const image = opened.get(key) ?? open(platform);
        opened.set(key, image);
        return image;
      },
    };
  }
}

async function received(holder: Holder, { client }: Session, wanted: WantedFiles): Promise<ReceivedFiles> {
  const path = temporaryDirectory(holder);
  const place = { directory: path, signal: holder.signal };
  return { path, identity: await receiveFiles(holder.parts, client, wanted, place) };
}

async function ignoreFile(
  receive: (wanted: WantedFiles) => Promise<ReceivedFiles>,
  name: string,
): Promise<string | undefined> {
  const { path: directory } = await receive({ name, follow: ['.dockerignore'] });
  return readContextFile(directory, '.dockerignore', MAX_DOCKERFILE_BYTES);
}

/** When it is first asked for. */
function fetchedOnce(open: () => Promise<ReceivedFiles>): BuildContext {
  let files: Promise<ReceivedFiles> | undefined;
  return { kind: 'directory', open: () => (files ??= open()) };
}

function prefixed(attributes: Attributes, prefix: string): [string, string][] {
  return Object.entries(attributes)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value]);
}

function hostConfigOf(attributes: Attributes): HostConfig {
  const list = (name: string): string[] => (attributes[name] ?? '').split(',').filter(Boolean);
  return {
    NetworkMode: attributes['force-network-mode'] || 'default',
    ExtraHosts: list('add-hosts').map(entry => entry.replace('=', ':')),
    ShmSize: numberOf(attributes['shm-size']),
    // Of our own command line: BuildKit has none.
    Memory: numberOf(attributes['memory']),
    CgroupParent: attributes['cgroup-parent'] ?? '',
    Ulimits: list('ulimit').map(ulimitOf),
  };
}

function numberOf(text = '0'): number {
  if (!/^\d{1,15}$/.test(text)) throw new EngineError('invalid-parameter', `not a number: ${text}`);
  return Number(text);
}

/** `nofile=1024:2048`. */
function ulimitOf(text: string): Ulimit {
  const [, Name = '', soft = '', hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (Name === '') throw new EngineError('invalid-parameter', `invalid ulimit: ${text}`);
  return { Name, Soft: Number(soft), Hard: Number(hard) };
}
