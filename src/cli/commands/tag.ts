import { messageOf } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';
import { parseImageName } from '../values/image-name.ts';

export const command = defineCommand({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  summary: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  aliases: ['image tag', 'tag'],
  flags: {},
  arguments: { min: 2, max: 2 },
  async run(context, { args: [source = '', target = ''] }) {
    const { repository, tag } = parseTarget(target);
    const client = await context.client();
    await client.post(`/images/${source}/tag`, { query: { repo: repository, tag } });
  },
});

function parseTarget(target: string) {
  try {
    return parseImageName(target);
  } catch (error) {
    throw new Error(
      `Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
