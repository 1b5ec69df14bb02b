import type { ContainerWaitResponse } from '../../api/types.ts';
import type { EngineClient } from '../../client/engine-client.ts';
import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { copyHijacked, type HijackEnd, type HijackOptions } from '../streams/copy-hijacked.ts';
import { followSize } from '../streams/follow-size.ts';

export type AttachPlan = HijackOptions & {
  containerId: string;
  /** What ends the wait for the exit code. */
  condition: 'next-exit' | 'removed';
};

/**
 * Attaches and registers for the exit, then calls `start`, copies the streams, and returns the exit code;
 * undefined when the user detached. When `start` fails its error is thrown, after the terminal is restored.
 */
export async function startAttached(
  context: CommandContext,
  plan: AttachPlan,
  start: () => Promise<void>,
): Promise<number | undefined> {
  const client = await context.client();
  const path = `/containers/${plan.containerId}`;
  const [socket, exit] = await Promise.all([
    client.hijack(`${path}/attach`, { query: attachQuery(plan) }),
    awaitExit(client, plan.containerId, plan.condition),
  ]);
  const copying = copyHijacked(context, socket, plan);
  // Its failure counts only if nothing else fails first.
  copying.catch(() => undefined);
  try {
    await start();
  } catch (error) {
    socket.destroy();
    await copying.catch(() => undefined);
    if (plan.condition === 'removed') await exit.code.catch(() => undefined);
    else exit.cancel();
    throw error;
  }
  return finish(context, { client, path, plan, copying, exit });
}

type Running = {
  client: EngineClient;
  path: string;
  plan: AttachPlan;
  copying: Promise<HijackEnd>;
  exit: ExitWait;
};

async function finish(context: CommandContext, running: Running): Promise<number | undefined> {
  const { client, path, plan, copying, exit } = running;
  const stopResizing = plan.tty ? followSize(context, client, path) : () => undefined;
  try {
    if ((await copying) === 'closed') return await exit.code;
    exit.cancel();
    return undefined;
  } finally {
    stopResizing();
  }
}

export function attachQuery(plan: HijackOptions) {
  return {
    stream: true,
    stdin: plan.stdin || undefined,
    stdout: plan.stdout || undefined,
    stderr: plan.stderr || undefined,
    detachKeys: plan.detachKeys || undefined,
  };
}

export type ExitWait = { code: Promise<number>; cancel: () => void };

/** Settles once the daemon has registered the wait; `code` is the container's exit code. */
export async function awaitExit(
  client: EngineClient,
  containerId: string,
  condition: 'next-exit' | 'removed' | undefined,
): Promise<ExitWait> {
  const response = await client.stream('POST', `/containers/${containerId}/wait`, { query: { condition } });
  const code = (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const { StatusCode, Error: failure } = JSON.parse(
      Buffer.concat(chunks).toString(),
    ) as ContainerWaitResponse;
    if (failure?.Message) throw new ExitError(125, `Error waiting for container: ${failure.Message}`);
    return StatusCode;
  })();
  code.catch(() => undefined);
  return { code, cancel: () => response.destroy() };
}
