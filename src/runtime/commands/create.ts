import { EngineError, messageOf } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { MAKE_FLAGS } from '../make-flags.ts';
import { bundleOf, makeContainer } from '../make-container.ts';
import { openConsoleSocket } from '../streams.ts';

export const create: Command = {
  usage: '<container-id>',
  summary: 'create a container',
  flags: MAKE_FLAGS,
  args: { min: 1 },
  async run(context, flags) {
    try {
      const bundle = bundleOf(flags);
      const console = openConsoleSocket(flags, bundle.spec.process?.terminal ?? false, true);
      const made = await makeContainer(context, {
        id: flags.args[0]!,
        flags,
        bundle,
        waits: true,
        console,
      });
      made.launched.release();
      return 0;
    } catch (error) {
      throw new EngineError('system', `${context.name} create failed: ${messageOf(error)}`, { cause: error });
    }
  },
};
