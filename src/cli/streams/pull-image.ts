import { parseImageName } from '../values/image-name.ts';
import { authHeader } from '../registry/credentials.ts';
import type { CommandContext, OutputStream } from '../context.ts';
import { showProgress } from './show-progress.ts';

/** Pulls `image` (`POST /images/create`), its progress going to `output`, or nowhere. */
export async function pullImage(
  context: CommandContext,
  image: string,
  options: { platform: string; output: OutputStream | undefined; allTags?: boolean },
): Promise<void> {
  const client = await context.client();
  const { repository, tag } = parseImageName(image);
  const query = {
    fromImage: repository,
    tag: options.allTags === true ? undefined : tag,
    platform: options.platform || undefined,
  };
  const headers = await authHeader(context.env, image);
  const stream = await client.stream('POST', '/images/create', { query, headers });
  await showProgress(stream, options.output);
}
