import { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { defineCommand } from '../command.ts';
import { copyFromContainer } from '../copy/copy-from-container.ts';
import { copyToContainer } from '../copy/copy-to-container.ts';
import { bool } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tslipway cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
  summary: 'Copy files/folders between a container and the local filesystem',
  description: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
  aliases: ['container cp', 'cp'],
  flags: {
    archive: bool('a', 'Archive mode (copy all uid/gid information)'),
    'follow-link': bool('L', 'Always follow symbol link in SRC_PATH'),
    quiet: bool(
      'q',
      'Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached',
    ),
  },
  arguments: { min: 2, max: 2 },
  async run(context, { values, changed, args: [source = '', destination = ''] }) {
    if (source === '') throw new Error('source can not be empty');
    if (destination === '') throw new Error('destination can not be empty');
    const [from, to] = [splitArgument(source), splitArgument(destination)];
    if (from.container !== '' && to.container !== '')
      throw new Error('copying between containers is not supported');
    const { container, path } = from.container === '' ? to : from;
    if (container === '') throw new Error('must specify at least one container source');
    const request = {
      container,
      path,
      local: from.container === '' ? from.path : to.path,
      followLink: values['follow-link'],
      archive: values.archive,
      quiet: changed.has('quiet') ? values.quiet : context.stdout.isTTY !== true,
    };
    const threads = await RootedThreads.open();
    try {
      await (from.container === '' ? copyToContainer : copyFromContainer)(context, threads, request);
    } finally {
      await threads.close();
    }
  },
});

/** `CONTAINER:PATH`, or a path here: one that is absolute, or begins with a dot, or has no colon. */
function splitArgument(argument: string): { container: string; path: string } {
  const colon = argument.indexOf(':');
  const isLocal = argument.startsWith('/') || argument.startsWith('.') || colon < 0;
  return isLocal
    ? { container: '', path: argument }
    : { container: argument.slice(0, colon), path: argument.slice(colon + 1) };
}
