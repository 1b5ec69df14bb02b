import type { ContainerCreateRequest } from '../../api/types.ts';
import { ExitError } from '../cli-error.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { CONTAINER_FLAGS, type ContainerFlags } from '../container/container-flags.ts';
import { checkPullFlag, createContainer } from '../container/create-container.ts';
import { createRequest } from '../container/create-request.ts';
import { startAttached } from '../container/start-attached.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { bool, string } from '../flags/flag.ts';
import { PROGRAM } from '../program.ts';
import { forwardSignals } from '../streams/forward-signals.ts';
import { checkTerminal } from '../streams/terminal.ts';

const FLAGS = {
  ...CONTAINER_FLAGS,
  detach: bool('d', 'Run container in background and print container ID'),
  'detach-keys': string('', 'Override the key sequence for detaching a container'),
  explain: bool('', 'Print the kernel operations that would start the container, and start nothing'),
  'sig-proxy': bool('', 'Proxy received signals to the process', true),
};

type Run = { context: CommandContext; call: CommandCall<typeof FLAGS>; request: ContainerCreateRequest };

export const command = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  summary: 'Create and run a new container from an image',
  aliases: ['container run', 'run'],
  flags: FLAGS,
  arguments: { min: 1 },
  interspersed: false,
  run: runContainer,
});

async function runContainer(context: CommandContext, call: CommandCall<typeof FLAGS>): Promise<void> {
  const request = await orRunError(() => prepare(context, call));
  if (call.values.detach && call.values.attach.length > 0)
    throw new Error('conflicting options: cannot specify both --attach and --detach');
  checkTerminal(context, { attachStdin: request.AttachStdin === true, tty: request.Tty === true });
  const containerId = await orRunError(() => createContainer(context, request, call.values));
  if (call.values.explain) return explain(context, containerId);
  const run = { context, call, request };
  if (request.AttachStdout || request.AttachStderr || request.AttachStdin)
    return runAttached(run, containerId);
  await runDetached(run, containerId);
}

/** The request, with what only `run` adds to it. */
function prepare(context: CommandContext, { values, changed, args }: CommandCall<typeof FLAGS>) {
  const [image = '', ...command] = args;
  checkPullFlag(values.pull);
  const request = createRequest({ values, changed, image, command, env: context.env });
  if (values.tty && context.stdout.isTTY && request.HostConfig !== undefined)
    request.HostConfig.ConsoleSize = [context.stdout.rows ?? 0, context.stdout.columns ?? 0];
  if (!values.detach && !values.explain) return request;
  return { ...request, AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
}

async function runDetached({ context }: Run, containerId: string): Promise<void> {
  const client = await context.client();
  context.stdout.write(`${containerId}\n`);
  await orRunError(() => client.post(`/containers/${containerId}/start`));
}

async function runAttached({ context, call, request }: Run, containerId: string): Promise<void> {
  const { values } = call;
  const client = await context.client();
  const outputs = request.AttachStdout === true || request.AttachStderr === true;
  const stopForwarding = values['sig-proxy'] ? forwardSignals(context, client, containerId) : () => undefined;
  const plan = attachPlan(values, request, containerId);
  try {
    const start = () => orRunError(() => client.post<void>(`/containers/${containerId}/start`));
    const exitCode = await startAttached(context, plan, start);
    if (outputs && exitCode !== undefined && exitCode !== 0) throw new ExitError(exitCode);
  } finally {
    stopForwarding();
  }
}

function attachPlan(
  values: Pick<ContainerFlags, 'tty' | 'rm'> & { 'detach-keys': string },
  request: ContainerCreateRequest,
  containerId: string,
) {
  return {
    containerId,
    condition: values.rm ? ('removed' as const) : ('next-exit' as const),
    stdin: request.AttachStdin === true,
    stdout: request.AttachStdout === true,
    stderr: request.AttachStderr === true,
    tty: values.tty,
    detachKeys: values['detach-keys'],
  };
}

/** Every failure of `run` itself ends with 125, 126 or 127, so that scripts can tell it from the container's. */
async function orRunError<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof ExitError ? error.message : describeError(error);
    const text = `${PROGRAM}: ${message}\n\nRun '${PROGRAM} run --help' for more information`;
    throw new ExitError(runExitCode(message), text);
  }
}

const NOT_FOUND = /executable file not found|no such file or directory|system cannot find the file specified/;
const NOT_EXECUTABLE = /permission denied|is a directory/;

/** The API says no more than its message does: Docker's CLI decides on the same words. */
function runExitCode(message: string): number {
  if (!message.startsWith('Error response from daemon: ')) return 125;
  if (NOT_FOUND.test(message)) return 127;
  return NOT_EXECUTABLE.test(message) ? 126 : 125;
}

/** Prints the plan of a container that was only made for that, and removes it. */
async function explain(context: CommandContext, containerId: string): Promise<void> {
  const client = await context.client();
  try {
    const { Operations } = await client.get<{ Operations: string[] }>(
      `/slipway/containers/${containerId}/plan`,
    );
    const width = String(Operations.length).length;
    const lines = Operations.map((line, index) => `${String(index + 1).padStart(width)}  ${line}\n`);
    context.stdout.write(lines.join(''));
  } finally {
    await client.delete(`/containers/${containerId}`, { query: { force: true, v: true } });
  }
}
