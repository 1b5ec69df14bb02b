import type { HostConfig, Ulimit } from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import { readIgnoreFile } from '../../base/ignore-patterns.ts';
import { MAX_DOCKERFILE_BYTES } from '../../dockerfile/read-lines.ts';
import { parsePlatform } from '../../oci/parse-platform.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { BuildContext, BuildRequest, ReceivedFiles } from '../build-request.ts';
import { readContextFile } from '../legacy/open-context.ts';
import { receiveFiles, type WantedFiles } from './receive-files.ts';
import { getCredentials, getSecret, type Session } from './sessions.ts';

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'>;
export type Attributes = Readonly<Record<string, string>>;
/** What a client grants to the Dockerfile that it has built: `network.host`. */
export type Entitlements = readonly string[];
/** Tells of something that is done for the build, and is no instruction. */
export type Told = <T>(name: string, task: () => Promise<T>) => Promise<T>;

const DEFAULT_NAME = 'Dockerfile';

/**
 * A request to the front end `dockerfile.v0`, completed: the Dockerfile is fetched from the client, contexts are when
 * something asks for them.
 * @throws EngineError not-implemented for what is not there, invalid-parameter
 */
export async function frontendRequest(
  holder: Holder,
  { session, entitlements }: { session: Session; entitlements: Entitlements },
  attributes: Attributes,
  told: Told,
): Promise<BuildRequest> {
  refuseUnsupported(attributes);
  const name = attributes.filename || DEFAULT_NAME;
  const receive = (wanted: WantedFiles) => received(holder, session, wanted);
  const { dockerfile, ignored } = await told(`[internal] load build definition from ${name}`, async () => {
    const { path: directory } = await receive({
      name: attributes['dockerfilekey'] || 'dockerfile',
      follow: [name, `${name}.dockerignore`, name.toLowerCase()],
    });
    const read = (path: string) => readContextFile(directory, path, MAX_DOCKERFILE_BYTES);
    return { dockerfile: read(name) ?? read(name.toLowerCase()), ignored: read(`${name}.dockerignore`) };
  });
  if (dockerfile === undefined)
    throw new EngineError('not-found', `failed to read dockerfile: open ${name}: no such file or directory`);
  const contextName = attributes['contextkey'] || 'context';
  const patterns = async (): Promise<string[]> => {
    const text = ignored ?? (await ignoreFile(receive, contextName));
    return text === undefined ? [] : readIgnoreFile(text);
  };
  const { platform } = attributes;
  const hostConfig = hostConfigOf(attributes);
  return {
    dockerfileName: name,
    dockerfile,
    context: localContext(async () => {
      const exclude = await told('[internal] load .dockerignore', patterns);
      return told('[internal] load build context', () => receive({ name: contextName, exclude }));
    }),
    namedContexts: namedContexts(attributes, receive),
    target: attributes.target ?? '',
    buildArgs: new Map(prefixed(attributes, 'build-arg:')),
    labels: Object.fromEntries(prefixed(attributes, 'label:')),
    platform: platform ? parsePlatform(platform) : hostPlatform(),
    noCache: attributes['no-cache'] !== undefined,
    pull: attributes['image-resolve-mode'] === 'pull',
    hostConfig,
    allowsHostNetwork: hostConfig.NetworkMode === 'host' || entitlements.includes('network.host'),
    tags: [],
    secrets: (id, signal) => getSecret(session, id, signal),
    credentials: (registry, signal) => getCredentials(session, registry, signal),
    dialect: 'buildkit',
  };
}

function refuseUnsupported({ context, requestid, platform = '' }: Attributes): void {
  if (context) throw new EngineError('not-implemented', `a build context at ${context} is not supported`);
  if (requestid) throw new EngineError('not-implemented', `the request ${requestid} is not supported`);
  if (platform.includes(','))
    throw new EngineError('not-implemented', 'building for several platforms at once is not supported');
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

/** Fetched once, when it is first asked for. */
function localContext(open: () => Promise<ReceivedFiles>): BuildContext {
  let files: Promise<ReceivedFiles> | undefined;
  return { kind: 'directory', open: () => (files ??= open()) };
}

/** `context:NAME` = `local:KEY`, `docker-image://REFERENCE`. */
function namedContexts(
  attributes: Attributes,
  receive: (wanted: WantedFiles) => Promise<ReceivedFiles>,
): Map<string, BuildContext> {
  return new Map(
    prefixed(attributes, 'context:').map(([name, value]) => {
      const [, scheme = '', rest = ''] = /^(local|docker-image):(?:\/\/)?(.*)$/.exec(value) ?? [];
      if (scheme === 'local') return [name, localContext(() => receive({ name: rest }))];
      if (scheme === 'docker-image') return [name, { kind: 'image', reference: rest }];
      throw new EngineError('not-implemented', `the named context ${name}=${value} is not supported`);
    }),
  );
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
