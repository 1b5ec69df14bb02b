import { defineCommand } from '../command.ts';

const KINDS = ['C', 'A', 'D'];

export const command = defineCommand({
  usage: 'CONTAINER',
  summary: "Inspect changes to files or directories on a container's filesystem",
  aliases: ['container diff', 'diff'],
  flags: {},
  arguments: { min: 1, max: 1 },
  async run(context, { args }) {
    const client = await context.client();
    const changes = await client.get<{ Path: string; Kind: number }[] | null>(
      `/containers/${args[0]}/changes`,
    );
    context.stdout.write(
      (changes ?? []).map(({ Kind, Path }) => `${KINDS[Kind] ?? Kind} ${Path}\n`).join(''),
    );
  },
});
