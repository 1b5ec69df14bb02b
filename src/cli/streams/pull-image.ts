import { parseImageName } from '../values/image-name.ts';
import type { CommandContext, OutputStream } from '../context.ts';
import { showProgress } from './show-progress.ts';

/** Pulls `image` (`POST /images/create`), its progress going to `output`, or nowhere. */
export async function pullImage(
  context: CommandContext,
  image: string,
  options: { platform: string; output: OutputStream | undefined },
): Promise<void> {
  const client = await context.client();
  const { repository, tag } = parseImageName(image);
  const query = { fromImage: repository, tag, platform: options.platform || undefined };
  const stream = await client.stream('POST', '/images/create', { query });
  await showProgress(stream, options.output);
}
