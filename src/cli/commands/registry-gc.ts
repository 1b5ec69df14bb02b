import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { milliseconds, REGISTRY_FLAG_TABLE, registryRoots } from '../registry/registry-flag-table.ts';
import { formatSize } from '../values/size.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove what nothing in a registry leads to any more',
  description:
    'Remove what nothing in a registry leads to any more. A registry that serves does it while it serves, by its own configuration.',
  flags: { ...REGISTRY_FLAG_TABLE, 'dry-run': bool('', 'Only tell what would be removed') },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const isDryRun = values['dry-run'];
    const report = await context.collectRegistryGarbage({
      ...registryRoots(values),
      graceMs: milliseconds(values['gc-grace']),
      config: values.config === '' ? '' : resolve(values.config),
      isDryRun,
    });
    for (const item of report.items) context.stdout.write(`${item}\n`);
    const { tags, manifests, blobs, blobBytes, uploads, shared } = report;
    const counts = `${tags} tags, ${manifests} manifests, ${blobs} blobs, ${uploads} uploads`;
    const total = formatSize(blobBytes);
    context.stdout.write(
      isDryRun
        ? `Would remove ${counts}, and reclaim ${total}\n`
        : `Removed ${counts}\nTotal reclaimed space: ${total}\n`,
    );
    if (shared.blobs > 0)
      context.stdout.write(`Shared with the engine: ${shared.blobs} blobs, ${formatSize(shared.bytes)}\n`);
  },
});
