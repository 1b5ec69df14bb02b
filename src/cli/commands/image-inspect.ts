import { parsePlatform } from '../../oci/parse-platform.ts';
import type { Session } from '../../registry/client/session.ts';
import { defineCommand } from '../command.ts';
import { findObject } from '../container/find-object.ts';
import type { CommandContext } from '../context.ts';
import { bool, string } from '../flags/flag.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { inspectRemote } from '../registry/inspect-remote.ts';
import { openSession } from '../registry/open-session.ts';
import { platformQuery } from '../values/platform.ts';
import { printInspected } from '../format/print-inspected.ts';

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  summary: 'Display detailed information on one or more images',
  flags: {
    format: inspectFormatFlag(),
    insecure: bool('', 'With --remote, allow plain HTTP and certificates that do not verify'),
    remote: bool('', 'Ask the registry, not the engine: nothing is pulled'),
    platform: string('', 'Inspect a specific platform of the multi-platform image (os[/arch[/variant]])'),
  },
  arguments: { min: 1 },
  async run(context, { values, args }) {
    if (values.remote) return inspectInRegistry(context, values, args);
    const platform = platformQuery(values.platform);
    const client = await context.client();
    const options = { kind: 'image' as const, size: false, platform };
    const find = (name: string) => findObject(client, name, options);
    await printInspected(context, args, { format: values.format, find });
  },
});

async function inspectInRegistry(
  context: CommandContext,
  { format, insecure, platform: text }: { format: string; insecure: boolean; platform: string },
  names: readonly string[],
): Promise<void> {
  const sessions: Session[] = [];
  const open = async (domain: string) => {
    const session = await openSession(context.env, domain, { insecure });
    sessions.push(session);
    return session;
  };
  const platform = text === '' ? undefined : parsePlatform(text);
  try {
    const find = (name: string) => inspectRemote(name, { platform, open });
    await printInspected(context, names, { format, find });
  } finally {
    for (const session of sessions) await session.close();
  }
}
