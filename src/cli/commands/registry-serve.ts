import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { duration, list, string } from '../flags/flag.ts';

const DEFAULT_ROOT = '/var/lib/slipway-registry';
const DEFAULT_LISTEN = '127.0.0.1:5000';
const HOUR_NS = 3600e9;
const NS_PER_MS = 1e6;

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Serve a registry of images',
  flags: {
    'external-url': string('', 'URL that clients reach the registry by, behind a proxy'),
    'gc-grace': {
      ...duration('', 'How long content stays that no manifest names'),
      initial: HOUR_NS,
      defaultText: '1h',
    },
    listen: list('', `Address to listen on: HOST:PORT, unix:///path, fd:// (default ${DEFAULT_LISTEN})`),
    root: string('', 'Root directory of the registry', DEFAULT_ROOT),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    await context.serveRegistry({
      root: resolve(values.root),
      listen: values.listen.length === 0 ? [DEFAULT_LISTEN] : values.listen,
      externalUrl: values['external-url'],
      graceMs: values['gc-grace'] / NS_PER_MS,
    });
  },
});
