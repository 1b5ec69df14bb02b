import type { ExecConfig, ExecInspect } from '../../api/types.ts';
import { ExitError } from '../cli-error.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { readEnvironment } from '../container/variable-files.ts';
import type { CommandContext } from '../context.ts';
import { bool, list, string } from '../flags/flag.ts';
import { copyHijacked } from '../streams/copy-hijacked.ts';
import { followSize } from '../streams/follow-size.ts';
import { checkTerminal } from '../streams/terminal.ts';
import { checkEnvironment } from '../values/host-values.ts';

const FLAGS = {
  detach: bool('d', 'Detached mode: run command in the background'),
  'detach-keys': string('', 'Override the key sequence for detaching a container'),
  env: list('e', 'Set environment variables', checkEnvironment),
  'env-file': list('', 'Read in a file of environment variables'),
  interactive: bool('i', 'Keep STDIN open even if not attached'),
  privileged: bool('', 'Give extended privileges to the command'),
  tty: bool('t', 'Allocate a pseudo-TTY'),
  user: string('u', 'Username or UID (format: "<name|uid>[:<group|gid>]")'),
  workdir: string('w', 'Working directory inside the container'),
};

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  summary: 'Execute a command in a running container',
  aliases: ['container exec', 'exec'],
  flags: FLAGS,
  arguments: { min: 2 },
  interspersed: false,
  run: exec,
});

async function exec(context: CommandContext, call: CommandCall<typeof FLAGS>): Promise<void> {
  const config = execConfig(context, call);
  const attached = { attachStdin: config.AttachStdin === true, tty: config.Tty === true };
  if (!call.values.detach) checkTerminal(context, attached);
  const client = await context.client();
  const { Id } = await client.post<{ Id: string }>(`/containers/${call.args[0]}/exec`, { body: config });
  const start = { Detach: call.values.detach, Tty: config.Tty, ConsoleSize: config.ConsoleSize };
  if (call.values.detach) return client.post<void>(`/exec/${Id}/start`, { body: start });
  await runAttached(context, { id: Id, config, start });
}

type Exec = { id: string; config: ExecConfig; start: object };

async function runAttached(context: CommandContext, { id, config, start }: Exec): Promise<void> {
  const client = await context.client();
  const socket = await client.hijack(`/exec/${id}/start`, { body: start });
  const tty = config.Tty === true;
  const stopResizing = tty ? followSize(context, client, `/exec/${id}`) : () => undefined;
  const streams = { stdin: config.AttachStdin === true, stdout: true, stderr: true };
  try {
    const end = await copyHijacked(context, socket, { ...streams, tty, detachKeys: config.DetachKeys ?? '' });
    if (end === 'detached') throw new ExitError(1, 'read escape sequence');
  } finally {
    stopResizing();
  }
  const { ExitCode } = await client.get<ExecInspect>(`/exec/${id}/json`);
  if (ExitCode) throw new ExitError(ExitCode);
}

function execConfig(context: CommandContext, { values, args }: CommandCall<typeof FLAGS>): ExecConfig {
  const environment = readEnvironment(values['env-file'], values.env, context.env);
  const terminal = values.tty && context.stdout.isTTY === true;
  return {
    User: values.user,
    Privileged: values.privileged,
    Tty: values.tty,
    ConsoleSize: terminal ? [context.stdout.rows ?? 0, context.stdout.columns ?? 0] : null,
    AttachStdin: !values.detach && values.interactive,
    AttachStderr: !values.detach,
    AttachStdout: !values.detach,
    DetachKeys: values['detach-keys'],
    Env: environment.length > 0 ? environment : null,
    WorkingDir: values.workdir,
    Cmd: args.slice(1),
  };
}
