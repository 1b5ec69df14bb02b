import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { CONTAINER_FLAGS } from '../container/container-flags.ts';
import { checkPullFlag, createContainer } from '../container/create-container.ts';
import { createRequest } from '../container/create-request.ts';
import { describeError } from '../describe-error.ts';
import { PROGRAM } from '../program.ts';

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  summary: 'Create a new container',
  aliases: ['container create', 'create'],
  flags: CONTAINER_FLAGS,
  arguments: { min: 1 },
  interspersed: false,
  async run(context, { values, changed, args }) {
    const [image = '', ...command] = args;
    const request = orCreateError(() => {
      checkPullFlag(values.pull);
      return createRequest({ values, changed, image, command, env: context.env });
    });
    const id = await createContainer(context, request, values);
    context.stdout.write(`${id}\n`);
  },
});

function orCreateError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const hint = `Run '${PROGRAM} create --help' for more information`;
    throw new ExitError(125, `${PROGRAM}: ${describeError(error)}\n\n${hint}`);
  }
}
