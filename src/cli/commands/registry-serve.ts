import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { EngineError } from '../../base/errors.ts';
import { bool, bytes, duration, integer, list, string } from '../flags/flag.ts';
import { checkInsecureRegistry } from '../values/registry-values.ts';
import { milliseconds, REGISTRY_FLAG_TABLE, registryRoots } from '../registry/registry-flag-table.ts';

const DEFAULT_LISTEN = '127.0.0.1:5000';
const DAY_NS = 24 * 3600e9;

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Serve a registry of images',
  flags: {
    ...REGISTRY_FLAG_TABLE,
    'access-log': bool('', 'Log each request', true),
    'anonymous-pull': bool('', 'Let anybody pull'),
    auth: string('', 'How users prove who they are: "basic" or "token"', 'basic', checkAuth),
    'external-url': string('', 'URL that clients reach the registry by, behind a proxy'),
    'gc-interval': {
      ...duration('', 'Time between two garbage collections; 0 for none'),
      initial: DAY_NS,
      defaultText: '24h',
    },
    htpasswd: string('', 'File of users, with bcrypt hashes (htpasswd -B)'),
    listen: list('', `Address to listen on: HOST:PORT, unix:///path, fd:// (default ${DEFAULT_LISTEN})`),
    'insecure-registry': list(
      '',
      'Upstream to be reached without TLS, or with any certificate',
      checkInsecureRegistry,
    ),
    offline: bool('', 'Ask no upstream'),
    proxy: list('', 'Registry to keep copies of (HOST), under a name of its own (NAME=HOST)'),
    'proxy-cache-size': bytes('', 'What copies of layers may take; 0 for what there is'),
    'proxy-fresh': {
      ...duration('', 'How long a tag of an upstream is believed'),
      initial: 300e9,
      defaultText: '5m',
    },
    'rate-limit': integer('', 'Requests a second from each address; 0 for no limit'),
    'read-only': bool('', 'Refuse all changes'),
    tlscacert: string('', 'Verify clients by certificates of this authority'),
    tlscert: string('', 'TLS certificate file'),
    tlskey: string('', 'TLS key file'),
    'trusted-proxy': list('', 'Proxy whose word on its clients counts: ADDRESS, NETWORK, "unix"'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    await context.serveRegistry({
      ...registryRoots(values),
      listen: values.listen.length === 0 ? [DEFAULT_LISTEN] : values.listen,
      externalUrl: values['external-url'],
      trustedProxies: values['trusted-proxy'],
      graceMs: milliseconds(values['gc-grace']),
      gcIntervalMs: milliseconds(values['gc-interval']),
      config: optionalPath(values.config),
      htpasswd: optionalPath(values.htpasswd),
      tls: tlsFiles(values),
      usesTokens: values.auth === 'token',
      anonymousPull: values['anonymous-pull'],
      isReadOnly: values['read-only'],
      rateLimit: values['rate-limit'],
      hasAccessLog: values['access-log'],
      proxies: values.proxy,
      isOffline: values.offline,
      freshMs: milliseconds(values['proxy-fresh']),
      maximumCacheBytes: Number(values['proxy-cache-size']),
      insecureRegistries: values['insecure-registry'],
    });
  },
});

function optionalPath(path: string): string {
  return path === '' ? '' : resolve(path);
}

function tlsFiles({ tlscert, tlskey, tlscacert }: { tlscert: string; tlskey: string; tlscacert: string }) {
  if (tlscert === '' && tlskey === '' && tlscacert === '') return undefined;
  if (tlscert === '' || tlskey === '')
    throw new EngineError('invalid-parameter', 'TLS needs both --tlscert and --tlskey');
  const files = { cert: resolve(tlscert), key: resolve(tlskey) };
  return tlscacert === '' ? files : { ...files, clientCa: resolve(tlscacert) };
}

function checkAuth(text: string): string {
  if (text === 'basic' || text === 'token') return text;
  throw new Error('must be "basic" or "token"');
}
