import type { ContainerInspect } from '../../api/types.ts';
import { ExitError } from '../cli-error.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { startAttached } from '../container/start-attached.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { bool, string } from '../flags/flag.ts';
import { forwardSignals } from '../streams/forward-signals.ts';

const FLAGS = {
  attach: bool('a', 'Attach STDOUT/STDERR and forward signals'),
  'detach-keys': string('', 'Override the key sequence for detaching a container'),
  interactive: bool('i', "Attach container's STDIN"),
};

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: 'Start one or more stopped containers',
  aliases: ['container start', 'start'],
  flags: FLAGS,
  arguments: { min: 1 },
  async run(context, call) {
    if (!call.values.attach && !call.values.interactive) return startAll(context, call.args);
    if (call.args.length > 1) throw new Error('you cannot start and attach multiple containers at once');
    await attachOne(context, call);
  },
});

async function startAll(context: CommandContext, containers: readonly string[]): Promise<void> {
  const client = await context.client();
  const failed: string[] = [];
  for (const container of containers) {
    try {
      await client.post(`/containers/${container}/start`);
      context.stdout.write(`${container}\n`);
    } catch (error) {
      context.stderr.write(`${describeError(error)}\n`);
      failed.push(container);
    }
  }
  if (failed.length > 0) throw new ExitError(1, `Error: failed to start containers: ${failed.join(', ')}`);
}

async function attachOne(
  context: CommandContext,
  { values, args }: CommandCall<typeof FLAGS>,
): Promise<void> {
  const client = await context.client();
  const container = await client.get<ContainerInspect>(`/containers/${args[0]}/json`);
  const tty = container.Config.Tty === true;
  const plan = {
    containerId: container.Id,
    condition: container.HostConfig.AutoRemove ? ('removed' as const) : ('next-exit' as const),
    stdin: values.interactive && container.Config.OpenStdin === true,
    stdout: true,
    stderr: true,
    tty,
    detachKeys: values['detach-keys'],
  };
  const stopForwarding = tty ? () => undefined : forwardSignals(context, client, container.Id);
  try {
    const start = () => client.post<void>(`/containers/${container.Id}/start`);
    const exitCode = await startAttached(context, plan, start);
    if (exitCode !== undefined && exitCode !== 0) throw new ExitError(exitCode);
  } finally {
    stopForwarding();
  }
}
