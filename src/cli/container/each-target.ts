import type { EngineClient } from '../../client/engine-client.ts';
import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';

/**
 * Does `work` for all targets at once, and prints for each what `work` returns, in the order they were named.
 * Failures do not keep the others from being done; they are printed after them, and end the command with 1.
 */
export async function eachTarget(
  context: CommandContext,
  targets: readonly string[],
  work: (client: EngineClient, target: string) => Promise<string>,
): Promise<void> {
  const client = await context.client();
  const running = targets.map(target => work(client, target));
  const failures: string[] = [];
  for (const result of await Promise.allSettled(running)) {
    if (result.status === 'fulfilled') context.stdout.write(result.value);
    else failures.push(describeError(result.reason));
  }
  if (failures.length > 0) throw new ExitError(1, failures.join('\n'));
}
