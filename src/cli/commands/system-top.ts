import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineUsage } from '../../api/machine.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { bool } from '../flags/flag.ts';
import { machineText } from '../format/machine-text.ts';
import { readKeys } from '../streams/stats-keys.ts';

const INTERVAL_MS = 1000;
const CLEAR_SCREEN = '\u001B[H\u001B[2J';

const FLAGS = { 'no-stream': bool('', 'Show one interval only') };

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show where the CPU time of the machine goes, and what else it is short of',
  flags: FLAGS,
  arguments: { min: 0, max: 0 },
  run: top,
});

/** Live on a terminal, until a key ends it; else one interval. */
async function top(context: CommandContext, { values }: CommandCall<typeof FLAGS>): Promise<void> {
  const client = await context.client();
  const read = () => client.get<MachineUsage>('/slipway/machine');
  const isLive = context.stdout.isTTY === true && !values['no-stream'];
  let before = await read();
  using keys = isLive ? await readKeys(context, '') : undefined;
  const ended = keys?.ended ?? new AbortController().signal;
  for (;;) {
    await sleep(INTERVAL_MS, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return;
    const now = await read();
    const text = machineText(now, before);
    if (keys === undefined) return void context.stdout.write(text);
    context.stdout.write(`${CLEAR_SCREEN}${text.replaceAll('\n', '\r\n')}[q]uit`);
    before = now;
  }
}
