import { parsePlatform } from '../../oci/parse-platform.ts';
import type { Session } from '../../registry/client/session.ts';
import { type CopyEvent, copyImage } from '../../registry/copy/copy-image.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { bool, string } from '../flags/flag.ts';
import { openDestination, openSource, parseImageLocation } from '../registry/image-location.ts';
import { openSession } from '../registry/open-session.ts';
import { formatSize } from '../values/size.ts';

const VERBS: Record<CopyEvent['kind'], string> = {
  copied: 'Copied',
  exists: 'Already exists',
  manifest: 'Stored manifest',
};

export const command = defineCommand({
  usage: '[OPTIONS] SOURCE DESTINATION',
  summary: 'Copy an image between registries, OCI layouts and archives, without an engine in between',
  description: `Copy an image between registries, OCI layouts and archives, without an engine in between

SOURCE and DESTINATION are NAME[:TAG|@DIGEST] for a registry, oci:DIRECTORY[:NAME] for
an OCI image layout, oci-archive:FILE[:NAME] for a tar of one, which docker load takes.
All platforms are copied unless one is named. The digest is written when all is there.`,
  flags: {
    insecure: bool('', 'Allow plain HTTP and certificates that do not verify'),
    platform: string('', 'Copy the image for one platform only (os[/arch[/variant]])'),
    quiet: bool('q', 'Print the digest only'),
  },
  arguments: { min: 2, max: 2 },
  async run(context, { values, args: [from = '', to = ''] }) {
    const [source, destination] = [parseImageLocation(from), parseImageLocation(to)];
    const platform = values.platform ? parsePlatform(values.platform) : undefined;
    await untilInterrupted(context, async signal => {
      const sessions: Session[] = [];
      const open = async (domain: string) => {
        const session = await openSession(context.env, domain, { insecure: values.insecure, signal });
        sessions.push(session);
        return session;
      };
      const onEvent = ({ kind, digest, size }: CopyEvent) => {
        if (!values.quiet) context.stdout.write(`${VERBS[kind]} ${digest} ${formatSize(size)}\n`);
      };
      try {
        const opened = await openSource(source, open);
        const copied = await copyImage(opened, await openDestination(destination, open), {
          platform,
          signal,
          onEvent,
        });
        context.stdout.write(`${copied.digest}\n`);
      } finally {
        for (const session of sessions) await session.close();
      }
    });
  },
});

/** Ctrl-C ends what is under way, and so removes what is unfinished. */
async function untilInterrupted(
  { signals }: CommandContext,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new Error('interrupted'));
  signals.on('SIGINT', interrupt);
  signals.on('SIGTERM', interrupt);
  try {
    await task(interruption.signal);
  } finally {
    signals.off('SIGINT', interrupt);
    signals.off('SIGTERM', interrupt);
  }
}
