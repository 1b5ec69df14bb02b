import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { bool, type Decoder, mapOf, stringOrStrings, strings, struct, text } from '../../base/go/decode.ts';
import { EngineError, errorCode, messageOf } from '../../base/errors.ts';
import type { TlsMaterial } from './certificates.ts';

/** One host that a `hosts.toml` names. */
export type ConfiguredHost = {
  /** Without a slash at the end. */
  url: string;
  capabilities: readonly string[];
  tls: TlsMaterial;
  headers: Record<string, string>;
  /** Whether `url` has the whole path of the API; otherwise `/v2` follows. */
  overridesPath: boolean;
  /** Hosts of token services that may get its credentials beside those of its own domain. */
  tokenHosts: readonly string[];
};

/**
 * A `hosts.toml` of containerd: mirrors in order, and the registry itself where that is to be found elsewhere. Of our own
 * it has `token_hosts`, for the registry and for each host.
 */
export type HostsFile = {
  mirrors: ConfiguredHost[];
  server: ConfiguredHost | undefined;
  /** For the registry itself, also where `server` is missing. */
  tokenHosts: readonly string[];
};

type HostTable = {
  capabilities?: string[];
  ca?: string[];
  client?: string[][];
  skip_verify?: boolean;
  header?: Record<string, string[]>;
  override_path?: boolean;
  token_hosts?: string[];
};

const clientFiles: Decoder<string[][]> = (value, path) => {
  if (!Array.isArray(value)) return [[text()(value, path)]];
  return value.map(item => (Array.isArray(item) ? strings(item, path) : [text()(item, path)]));
};

const hostFields = {
  capabilities: strings,
  ca: stringOrStrings,
  client: clientFiles,
  skip_verify: bool,
  header: mapOf(stringOrStrings, 'header'),
  override_path: bool,
  token_hosts: strings,
};

const hostsDocument = struct<HostTable & { server?: string; host?: Record<string, HostTable> }>(
  'hosts.toml',
  {
    ...hostFields,
    server: text(),
    host: mapOf(struct<HostTable>('host', hostFields), 'host'),
  },
);

const ALL_CAPABILITIES = ['pull', 'resolve', 'push'];

/**
 * The first `hosts.toml` that there is in some directories; undefined for none.
 * @throws EngineError invalid-parameter for a malformed one
 */
export async function readHostsFile(directories: readonly string[]): Promise<HostsFile | undefined> {
  for (const directory of directories) {
    const path = join(directory, 'hosts.toml');
    const content = await readIfThere(path);
    if (content === undefined) continue;
    try {
      return await decodeHostsFile(content, directory);
    } catch (cause) {
      throw new EngineError('invalid-parameter', `invalid ${path}: ${messageOf(cause)}`, { cause });
    }
  }
  return undefined;
}

async function decodeHostsFile(content: string, directory: string): Promise<HostsFile> {
  const { server, host = {}, ...own } = hostsDocument(parse(content), 'hosts.toml');
  const mirrors: ConfiguredHost[] = [];
  for (const [url, table] of Object.entries(host)) mirrors.push(await configuredHost(url, table, directory));
  const tokenHosts = own.token_hosts ?? [];
  return { mirrors, server: server ? await configuredHost(server, own, directory) : undefined, tokenHosts };
}

async function configuredHost(address: string, table: HostTable, directory: string): Promise<ConfiguredHost> {
  const url = URL.parse(address.includes('://') ? address : `https://${address}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new Error(`invalid host ${address}`);
  const read = (file: string) => readFile(resolve(directory, file), 'utf8');
  const clients = (table.client ?? []).map(async ([certificate = '', key = certificate]) => ({
    certificate: await read(certificate),
    key: await read(key),
  }));
  return {
    url: url.href.replace(/\/+$/, ''),
    capabilities: table.capabilities ?? ALL_CAPABILITIES,
    tls: {
      authorities: await Promise.all((table.ca ?? []).map(read)),
      clients: await Promise.all(clients),
      verifies: !(table.skip_verify ?? false),
    },
    headers: Object.fromEntries(
      Object.entries(table.header ?? {}).map(([name, values]) => [name.toLowerCase(), values.join(', ')]),
    ),
    overridesPath: table.override_path ?? false,
    tokenHosts: table.token_hosts ?? [],
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
