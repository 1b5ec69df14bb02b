import { cgroupsFor } from '../cgroups-for.ts';
import type { Command } from '../command.ts';
import { flagSet } from '../flags.ts';
import { compileBundle } from '../make-container.ts';
import { readBundle } from '../read-bundle.ts';
import { print } from '../print.ts';

export const plan: Command = {
  usage: '[bundle]',
  summary: 'print the kernel operations that would make the container (docs/PLAN.md)',
  flags: { json: { type: 'boolean', usage: 'as JSON' } },
  args: { min: 0, max: 1 },
  async run(context, flags) {
    const bundle = readBundle(flags.args[0]);
    const { spec } = bundle;
    const cgroups = await cgroupsFor(context, 'ID', spec);
    const { plan } = compileBundle(context, {
      id: 'ID',
      flags,
      bundle,
      waits: true,
      spec,
      preserve: 0,
      cgroups,
    });
    if (flagSet(flags, 'json')) {
      print(`${JSON.stringify(plan, forJson, 2)}\n`);
      return 0;
    }
    const { describeOperation } = await import('../../libcontainer/describe-operation.ts');
    for (const [party, operations] of Object.entries(plan)) {
      print(`${party}:\n`);
      for (const operation of operations) print(`  ${describeOperation(operation)}\n`);
    }
    return 0;
  },
};

/** 64-bit integers as decimal strings, bytes as base64. */
function forJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // Buffers have been through their own toJSON already.
  const buffer = value as { type?: unknown; data?: unknown } | null;
  if (buffer?.type === 'Buffer' && Array.isArray(buffer.data))
    return Buffer.from(buffer.data as number[]).toString('base64');
  return value;
}
