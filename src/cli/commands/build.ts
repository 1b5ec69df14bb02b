import { writeFileSync } from 'node:fs';
import { packingStream } from '../../archive/rooted/pack-stream.ts';
import { RootedThreads } from '../../archive/rooted/rooted-threads.ts';
import { own } from '../../base/own.ts';
import { type BuildContext, openBuildContext } from '../build/build-context.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { bool, bytes, list, string } from '../flags/flag.ts';
import { sendArchive } from '../streams/send-archive.ts';
import { showProgress } from '../streams/show-progress.ts';
import { parseImageName } from '../values/image-name.ts';

export const command = defineCommand({
  usage: '[OPTIONS] PATH | URL | -',
  summary: 'Build an image from a Dockerfile',
  aliases: ['image build', 'build', 'builder build'],
  flags: {
    'add-host': list('', 'Add a custom host-to-IP mapping ("host:ip")'),
    'build-arg': list('', 'Set build-time variables'),
    'cgroup-parent': string('', 'Set the parent cgroup for the "RUN" instructions during build'),
    file: string('f', 'Name of the Dockerfile (default: "PATH/Dockerfile")'),
    iidfile: string('', 'Write the image ID to a file'),
    label: list('', 'Set metadata for an image'),
    memory: bytes('m', 'Memory limit'),
    network: string('', 'Set the networking mode for the "RUN" instructions during build'),
    'no-cache': bool('', 'Do not use cache when building the image'),
    platform: string('', 'Set target platform for build'),
    pull: bool('', 'Always attempt to pull all referenced images'),
    quiet: bool('q', 'Suppress the build output and print image ID on success'),
    'shm-size': bytes('', 'Shared memory size for build containers'),
    tag: list('t', 'Image name and optional tag (format: "name:tag")', checkTag),
    target: string('', 'Set the target build stage to build'),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [place = ''] }) {
    const build = openBuildContext(place, values.file);
    const query = {
      t: values.tag,
      remote: build.kind === 'remote' ? build.url : undefined,
      dockerfile: build.dockerfile || undefined,
      buildargs: JSON.stringify(pairs(values['build-arg'], context.env)),
      labels: JSON.stringify(pairs(values.label, {})),
      cgroupparent: values['cgroup-parent'] || undefined,
      extrahosts: values['add-host'],
      memory: String(values.memory),
      networkmode: values.network || undefined,
      nocache: values['no-cache'],
      platform: values.platform.toLowerCase() || undefined,
      pull: values.pull,
      q: values.quiet,
      shmsize: String(values['shm-size']),
      target: values.target || undefined,
    };
    const built = { id: '' };
    const onAux = (aux: unknown): void => {
      built.id = (aux as { ID?: string }).ID ?? built.id;
    };
    await withUpload(context, build, async upload => {
      const client = await context.client();
      const answer =
        upload === undefined
          ? await client.stream('POST', '/build', { query })
          : await sendArchive(context.stderr, client, upload, { path: '/build', query });
      await showProgress(answer, context.stdout, onAux);
    });
    if (values.iidfile !== '') writeFileSync(values.iidfile, built.id);
  },
});

type Upload = CommandContext['stdin'] | undefined;

async function withUpload(
  context: CommandContext,
  build: BuildContext,
  use: (upload: Upload) => Promise<void>,
): Promise<void> {
  if (build.kind !== 'directory') return use(build.kind === 'input' ? context.stdin : undefined);
  const { directory, exclude } = build;
  const threads = await RootedThreads.open();
  try {
    const { stream } = packingStream(threads, outputFd => ({
      kind: 'pack-context',
      directory,
      exclude,
      outputFd,
    }));
    await use(stream).finally(() => stream.destroy());
  } finally {
    await threads.close();
  }
}

/** A name without a value takes the caller's own, and is nothing where there is none. */
function pairs(
  entries: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | null> {
  return Object.fromEntries(
    entries.map(entry => {
      const equals = entry.indexOf('=');
      if (equals >= 0) return [entry.slice(0, equals), entry.slice(equals + 1)];
      return [entry, own(env, entry) ?? null];
    }),
  );
}

function checkTag(text: string): string {
  parseImageName(text);
  return text;
}
