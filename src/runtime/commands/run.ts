import { EngineError, messageOf } from '../../base/errors.ts';
import { adoptOrphans, awaitProcess } from '../await-process.ts';
import type { Command, RuntimeContext } from '../command.ts';
import { type Flags, flagSet } from '../flags.ts';
import { DETACH_FLAG, MAKE_FLAGS } from '../make-flags.ts';
import { bundleOf, type MadeContainer, makeContainer } from '../make-container.ts';
import { runPoststartHooks } from '../poststart-hooks.ts';
import { removeContainer } from '../remove-container.ts';
import { openConsoleSocket } from '../streams.ts';

export const run: Command = {
  usage: '<container-id>',
  summary: 'create and run a container',
  flags: {
    ...MAKE_FLAGS,
    ...DETACH_FLAG,
    keep: { type: 'boolean', usage: 'do not delete the container after it exits' },
    'no-subreaper': {
      type: 'boolean',
      usage:
        'disable the use of the subreaper used to reap reparented processes (without effect: the process could not be waited for)',
    },
  },
  args: { min: 1 },
  async run(context, flags) {
    try {
      return await (flagSet(flags, 'detach') ? runDetached(context, flags) : runAttached(context, flags));
    } catch (error) {
      throw new EngineError('system', `${context.name} run failed: ${messageOf(error)}`, { cause: error });
    }
  },
};

async function runDetached(context: RuntimeContext, flags: Flags): Promise<number> {
  const bundle = bundleOf(flags);
  const console = openConsoleSocket(flags, bundle.spec.process?.terminal ?? false, true);
  const made = await makeContainer(context, { id: flags.args[0]!, flags, bundle, waits: false, console });
  try {
    start(context, made);
    return 0;
  } catch (error) {
    made.launched.release();
    await removeContainer(context, made.record);
    throw error;
  }
}

async function runAttached(context: RuntimeContext, flags: Flags): Promise<number> {
  const bundle = bundleOf(flags);
  const terminal = bundle.spec.process?.terminal ?? false;
  openConsoleSocket(flags, terminal, false);
  adoptOrphans();
  const console = terminal ? await openTerminal() : undefined;
  const made = await makeContainer(context, {
    id: flags.args[0]!,
    flags,
    bundle,
    waits: false,
    console: console?.console,
  });
  let ended = false;
  try {
    console?.connect();
    start(context, made);
    const code = await awaitProcess(made.record.pid);
    ended = true;
    await console?.close();
    return code;
  } finally {
    made.launched.release();
    if (!ended || !flagSet(flags, 'keep')) await removeContainer(context, made.record);
  }
}

async function openTerminal() {
  const { ForegroundTerminal } = await import('../foreground-terminal.ts');
  return new ForegroundTerminal();
}

function start(context: RuntimeContext, { record, launched }: MadeContainer): void {
  launched.start();
  launched.release();
  runPoststartHooks(context.root, record);
}
