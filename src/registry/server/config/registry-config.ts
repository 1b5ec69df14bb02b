import { EngineError } from '../../../base/errors.ts';
import {
  arrayOf,
  bool,
  type Decoder,
  type Fields,
  safeInteger,
  struct,
  text,
} from '../../../base/go/decode.ts';
import { parseGoDuration } from '../../../base/go/duration.ts';
import { parseGoJson } from '../../../base/go/json.ts';
import { parseUpstream, type Upstream } from '../upstreams.ts';
import { namePatterns } from './name-pattern.ts';

/** Who may do what where. */
export type AccessRule = {
  repositories: (name: string) => boolean;
  /** By name; '*' stands for every user that has logged in. */
  users: readonly string[];
  /** Whether it is for those, too, who have proved nothing. */
  anonymous: boolean;
  actions: readonly AccessAction[];
};
/** `manage`: what `slipway registry gc` does. */
export type AccessAction = 'pull' | 'push' | 'delete' | 'manage';

/** Which tags of a repository stay: those that any of its conditions keeps. */
export type RetentionRule = {
  repositories: (name: string) => boolean;
  /** The latest so many; undefined: it keeps none. */
  keepLast: number | undefined;
  keepTags: ((tag: string) => boolean) | undefined;
  keepYoungerThanMs: number | undefined;
  /** How long manifests stay that no tag leads to; undefined: for ever. */
  keepUntaggedMs: number | undefined;
};

export type Webhook = {
  url: string;
  /** The requests' bodies are signed by it (HMAC-SHA256); '' for none. */
  secret: string;
  repositories: (name: string) => boolean;
  actions: readonly ('push' | 'delete')[];
};

/** What the configuration file says. */
export type RegistryConfig = {
  access: readonly AccessRule[];
  retention: readonly RetentionRule[];
  webhooks: readonly Webhook[];
  proxies: readonly Upstream[];
};

export const NO_CONFIG: RegistryConfig = { access: [], retention: [], webhooks: [], proxies: [] };

type WrittenAccess = { repositories?: string[]; users?: string[]; anonymous?: boolean; actions?: string[] };
type WrittenRetention = {
  repositories?: string[];
  keepLast?: number;
  keepTags?: string[];
  keepYoungerThan?: string;
  keepUntagged?: string;
};
type WrittenWebhook = { url?: string; secret?: string; repositories?: string[]; actions?: string[] };
type WrittenProxy = { name?: string; upstream?: string; username?: string; password?: string };
type Written = {
  proxies?: WrittenProxy[];
  access?: WrittenAccess[];
  retention?: WrittenRetention[];
  webhooks?: WrittenWebhook[];
};

/** One text, or a list of them. */
const patterns: Decoder<string[]> = (value, path) =>
  typeof value === 'string' ? [value] : arrayOf(text(), '[]string')(value, path);

const written = strict<Written>('configuration', {
  proxies: arrayOf(
    strict<WrittenProxy>('proxy', { name: text(), upstream: text(), username: text(), password: text() }),
    '[]proxy',
  ),
  access: arrayOf(
    strict<WrittenAccess>('access rule', {
      repositories: patterns,
      users: patterns,
      anonymous: bool,
      actions: patterns,
    }),
    '[]access',
  ),
  retention: arrayOf(
    strict<WrittenRetention>('retention rule', {
      repositories: patterns,
      keepLast: safeInteger('int'),
      keepTags: patterns,
      keepYoungerThan: text(),
      keepUntagged: text(),
    }),
    '[]retention',
  ),
  webhooks: arrayOf(
    strict<WrittenWebhook>('webhook', {
      url: text(),
      secret: text(),
      repositories: patterns,
      actions: patterns,
    }),
    '[]webhook',
  ),
});

/** As struct, but a key that means nothing is an error: it was meant to. */
function strict<T extends object>(what: string, fields: Fields<T>): Decoder<T> {
  const decode = struct(what, fields);
  return (value, path) => {
    const unknown = Object.keys(value ?? {}).find(key => !Object.hasOwn(fields, key));
    if (unknown !== undefined && !Array.isArray(value))
      throw invalid(`${path} has the unknown key ${JSON.stringify(unknown.slice(0, 100))}`);
    return decode(value, path);
  };
}

/** Reads the configuration file's text. @throws EngineError invalid-parameter, which says where */
export function parseRegistryConfig(source: string): RegistryConfig {
  const { access = [], retention = [], webhooks = [], proxies = [] } = written(parseGoJson(source), 'config');
  return {
    access: access.map(accessRule),
    retention: retention.map(retentionRule),
    webhooks: webhooks.map(webhook),
    proxies: proxies.map(proxy),
  };
}

function accessRule(
  { repositories = ['**'], users = [], anonymous = false, actions = [] }: WrittenAccess,
  index: number,
): AccessRule {
  const path = `access.${index}`;
  if (users.length === 0 && !anonymous)
    throw invalid(`${path} is for nobody: it needs "users" or "anonymous"`);
  const expanded = actions.includes('*') ? ['pull', 'push', 'delete'] : actions;
  return {
    repositories: namePatterns(repositories),
    users,
    anonymous,
    actions: expanded.map(action => oneOf(action, ['pull', 'push', 'delete', 'manage'], `${path}.actions`)),
  };
}

function retentionRule(rule: WrittenRetention, index: number): RetentionRule {
  const path = `retention.${index}`;
  const { repositories = ['**'], keepLast, keepTags, keepYoungerThan, keepUntagged } = rule;
  if (keepLast !== undefined && keepLast < 0) throw invalid(`${path}.keepLast is negative`);
  return {
    repositories: namePatterns(repositories),
    keepLast,
    keepTags: keepTags && namePatterns(keepTags),
    keepYoungerThanMs: duration(keepYoungerThan, `${path}.keepYoungerThan`),
    keepUntaggedMs: duration(keepUntagged, `${path}.keepUntagged`),
  };
}

function webhook(
  { url = '', secret = '', repositories = ['**'], actions = ['push', 'delete'] }: WrittenWebhook,
  index: number,
): Webhook {
  const path = `webhooks.${index}`;
  const protocol = URL.parse(url)?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:') throw invalid(`${path}.url is no HTTP URL`);
  return {
    url,
    secret,
    repositories: namePatterns(repositories),
    actions: actions.map(action => oneOf(action, ['push', 'delete'], `${path}.actions`)),
  };
}

/** Without a name it is that of the upstream. */
function proxy({ name, upstream = '', username = '', password = '' }: WrittenProxy): Upstream {
  const parsed = parseUpstream(name === undefined ? upstream : `${name}=${upstream}`);
  return username === '' ? parsed : { ...parsed, credentials: { kind: 'password', username, password } };
}

function oneOf<T extends string>(value: string, known: readonly T[], path: string): T {
  const found = known.find(word => word === value);
  if (found === undefined)
    throw invalid(`${path}: ${JSON.stringify(value.slice(0, 100))} is none of ${known.join(', ')}`);
  return found;
}

/** Milliseconds. */
function duration(value: string | undefined, path: string): number | undefined {
  if (value === undefined) return undefined;
  const ns = parseGoDuration(value);
  if (ns === undefined || ns < 0n)
    throw invalid(`${path}: ${JSON.stringify(value.slice(0, 100))} is no duration, such as 720h`);
  return Number(ns / 1_000_000n);
}

function invalid(reason: string): EngineError {
  return new EngineError('invalid-parameter', `the registry's configuration: ${reason}`);
}
