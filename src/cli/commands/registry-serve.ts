import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { duration, list, string } from '../flags/flag.ts';
import { milliseconds, REGISTRY_FLAG_TABLE } from '../registry/registry-flag-table.ts';

const DEFAULT_LISTEN = '127.0.0.1:5000';
const DAY_NS = 24 * 3600e9;

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Serve a registry of images',
  flags: {
    ...REGISTRY_FLAG_TABLE,
    'external-url': string('', 'URL that clients reach the registry by, behind a proxy'),
    'gc-interval': {
      ...duration('', 'Time between two garbage collections; 0 for none'),
      initial: DAY_NS,
      defaultText: '24h',
    },
    listen: list('', `Address to listen on: HOST:PORT, unix:///path, fd:// (default ${DEFAULT_LISTEN})`),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    await context.serveRegistry({
      root: resolve(values.root),
      listen: values.listen.length === 0 ? [DEFAULT_LISTEN] : values.listen,
      externalUrl: values['external-url'],
      graceMs: milliseconds(values['gc-grace']),
      gcIntervalMs: milliseconds(values['gc-interval']),
      config: values.config === '' ? '' : resolve(values.config),
    });
  },
});
