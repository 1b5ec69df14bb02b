import type { CommandContext } from '../context.ts';

/** Prints the plan of a container that was only made for that, and removes it. */
export async function explain(context: CommandContext, containerId: string): Promise<void> {
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
