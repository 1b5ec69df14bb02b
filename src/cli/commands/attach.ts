import type { ContainerInspect } from '../../api/types.ts';
import { ExitError } from '../cli-error.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { attachQuery, awaitExit } from '../container/start-attached.ts';
import type { CommandContext } from '../context.ts';
import { bool, string } from '../flags/flag.ts';
import { copyHijacked } from '../streams/copy-hijacked.ts';
import { followSize } from '../streams/follow-size.ts';
import { forwardSignals } from '../streams/forward-signals.ts';
import { checkTerminal } from '../streams/terminal.ts';

const FLAGS = {
  'detach-keys': string('', 'Override the key sequence for detaching a container'),
  'no-stdin': bool('', 'Do not attach STDIN'),
  'sig-proxy': bool('', 'Proxy all received signals to the process', true),
};

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  summary: 'Attach local standard input, output, and error streams to a running container',
  aliases: ['container attach', 'attach'],
  flags: FLAGS,
  arguments: { min: 1, max: 1 },
  run: attach,
});

async function attach(context: CommandContext, { values, args }: CommandCall<typeof FLAGS>): Promise<void> {
  const [name = ''] = args;
  const client = await context.client();
  const container = await client.get<ContainerInspect>(`/containers/${name}/json`);
  checkState(container);
  const tty = container.Config.Tty === true;
  const stdin = !values['no-stdin'] && container.Config.OpenStdin === true;
  checkTerminal(context, { attachStdin: !values['no-stdin'], tty });
  const options = { stdin, stdout: true, stderr: true, tty, detachKeys: values['detach-keys'] };
  const exit = await awaitExit(client, name, undefined);
  const stopForwarding =
    values['sig-proxy'] && !tty ? forwardSignals(context, client, name) : () => undefined;
  const path = `/containers/${name}`;
  let stopResizing: () => void = () => undefined;
  try {
    const socket = await client.hijack(`${path}/attach`, { query: attachQuery(options) });
    if (tty) stopResizing = followSize(context, client, path);
    if ((await copyHijacked(context, socket, options)) === 'detached')
      throw new ExitError(1, 'read escape sequence');
    const exitCode = await exit.code;
    if (exitCode !== 0) throw new ExitError(exitCode);
  } finally {
    exit.cancel();
    stopForwarding();
    stopResizing();
  }
}

function checkState({ State }: ContainerInspect): void {
  if (!State.Running) throw new Error('You cannot attach to a stopped container, start it first');
  if (State.Paused) throw new Error('You cannot attach to a paused container, unpause it first');
  if (State.Restarting)
    throw new Error('You cannot attach to a restarting container, wait until it is running');
}
