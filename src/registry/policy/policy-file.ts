import { readFile } from 'node:fs/promises';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import { arrayOf, mapOf, strings, struct, text } from '../../base/go/decode.ts';
import { parseGoJson } from '../../base/go/json.ts';
import { type Reference, repositoryOf } from '../../oci/reference.ts';

/** Which name a signature must be for (containers-policy.json(5), "signedIdentity"). */
export type SignedIdentity =
  | { type: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' | 'matchDigest' }
  | { type: 'exactReference'; dockerReference: string }
  | { type: 'exactRepository'; dockerRepository: string }
  | { type: 'remapIdentity'; prefix: string; signedPrefix: string };

/** One requirement; an image must meet all of its rule. */
export type Requirement = { type: 'insecureAcceptAnything' } | { type: 'reject' } | SignedRequirement;
export type SignedRequirement = { type: 'sigstoreSigned'; keys: KeySource[]; signedIdentity: SignedIdentity };

/** A public key in PEM: a file's, or its text in base64. */
export type KeySource = { path: string } | { data: string };

/** What holds for an image, and where in the file it says so. */
export type Rule = { scope: string; requirements: Requirement[] };

type RequirementFields = {
  type?: string;
  keyPath?: string;
  keyPaths?: string[];
  keyData?: string;
  keyDatas?: string[];
  signedIdentity?: IdentityFields;
};
type IdentityFields = {
  type?: string;
  dockerReference?: string;
  dockerRepository?: string;
  prefix?: string;
  signedPrefix?: string;
};

const identityFields = {
  type: text(),
  dockerReference: text(),
  dockerRepository: text(),
  prefix: text(),
  signedPrefix: text(),
};
const requirementFields = {
  type: text(),
  keyPath: text(),
  keyPaths: strings,
  keyData: text(),
  keyDatas: strings,
  signedIdentity: strict<IdentityFields>('signedIdentity', identityFields),
};
const requirements = arrayOf(strict<RequirementFields>('requirement', requirementFields), 'requirements');
const policyDocument = strict<{
  default?: RequirementFields[];
  transports?: Record<string, Record<string, RequirementFields[]>>;
}>('policy', { default: requirements, transports: mapOf(mapOf(requirements, 'scopes'), 'transports') });

/** As {@link struct}, but a key that it does not know is an error: a typing mistake must not make a rule weaker. */
function strict<T extends object>(name: string, fields: Parameters<typeof struct<T>>[1]) {
  const decode = struct<T>(name, fields);
  return (value: unknown, path: string): T => {
    const unknown = Object.keys(value ?? {}).find(key => !Object.hasOwn(fields, key));
    if (unknown !== undefined) throw new Error(`${path}: unknown key ${JSON.stringify(unknown)}`);
    return decode(value, path);
  };
}

/**
 * The rule for an image: of its repository, of what that is in, of its registry, of `*.` the registry's domain, else
 * the default (containers-policy.json(5), "Policy Transports": docker). Without a file everything is accepted.
 * @throws EngineError system for a file that cannot be read or is malformed: then nothing is accepted
 */
export async function ruleFor(path: string, reference: Reference): Promise<Rule> {
  const content = await readIfThere(path);
  if (content === undefined) return { scope: 'default', requirements: [{ type: 'insecureAcceptAnything' }] };
  try {
    const { default: fallback, transports = {} } = policyDocument(parseGoJson(content), 'policy');
    if (fallback === undefined || fallback.length === 0) throw new Error('policy.default is missing');
    const scopes = transports.docker ?? {};
    const scope = scopesOf(reference).find(candidate => Object.hasOwn(scopes, candidate));
    const chosen = scope === undefined ? fallback : scopes[scope]!;
    const name = scope === undefined ? 'default' : `docker: ${JSON.stringify(scope)}`;
    if (chosen.length === 0) throw new Error(`${name} has no requirement`);
    return { scope: name, requirements: chosen.map(fields => requirementOf(fields, name)) };
  } catch (cause) {
    throw new EngineError('system', `invalid image policy ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw new EngineError('system', `cannot read the image policy ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** From the narrowest on; '' is for everything in any registry. */
function scopesOf(reference: Reference): string[] {
  const { domain, tag, digest } = reference;
  const repository = repositoryOf(reference);
  const parts = repository.split('/');
  const paths = parts.map((_part, index) => parts.slice(0, parts.length - index).join('/'));
  const labels = domain.replace(/:\d+$/, '').split('.');
  const wildcards = labels.slice(1).map((_label, index) => `*.${labels.slice(index + 1).join('.')}`);
  const exact = [
    digest === undefined ? [] : [`${repository}@${digest}`],
    tag === undefined ? [] : [`${repository}:${tag}`],
  ];
  return [...exact.flat(), ...paths, ...wildcards, ''];
}

function requirementOf(fields: RequirementFields, scope: string): Requirement {
  const { type = '' } = fields;
  switch (type) {
    case 'insecureAcceptAnything':
    case 'reject':
      return { type };
    case 'sigstoreSigned':
      return { type, keys: keysOf(fields, scope), signedIdentity: identityOf(fields.signedIdentity, scope) };
    default:
      throw new Error(`${scope}: requirement of type ${JSON.stringify(type)} is not supported`);
  }
}

function keysOf(
  { keyPath, keyPaths = [], keyData, keyDatas = [] }: RequirementFields,
  scope: string,
): KeySource[] {
  const paths = [...(keyPath === undefined ? [] : [keyPath]), ...keyPaths];
  const datas = [...(keyData === undefined ? [] : [keyData]), ...keyDatas];
  const keys = [...paths.map(path => ({ path })), ...datas.map(data => ({ data }))];
  if (keys.length === 0)
    throw new Error(`${scope}: sigstoreSigned needs keyPath, keyPaths, keyData or keyDatas`);
  return keys;
}

function identityOf(fields: IdentityFields | undefined, scope: string): SignedIdentity {
  const {
    type = 'matchRepoDigestOrExact',
    dockerReference,
    dockerRepository,
    prefix,
    signedPrefix,
  } = fields ?? {};
  const needed = (value: string | undefined, name: string): string => {
    if (value === undefined || value === '')
      throw new Error(`${scope}: signedIdentity ${type} needs ${name}`);
    return value;
  };
  switch (type) {
    case 'matchExact':
    case 'matchRepoDigestOrExact':
    case 'matchRepository':
    case 'matchDigest':
      return { type };
    case 'exactReference':
      return { type, dockerReference: needed(dockerReference, 'dockerReference') };
    case 'exactRepository':
      return { type, dockerRepository: needed(dockerRepository, 'dockerRepository') };
    case 'remapIdentity':
      return { type, prefix: needed(prefix, 'prefix'), signedPrefix: needed(signedPrefix, 'signedPrefix') };
    default:
      throw new Error(`${scope}: signedIdentity of type ${JSON.stringify(type)} is not supported`);
  }
}
