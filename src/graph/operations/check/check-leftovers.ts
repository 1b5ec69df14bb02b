import { basename, dirname } from 'node:path';
import { type CheckContext, report } from './check-context.ts';

/** Looks for files that are nothing of the graph's, and for records that are of no use. */
export async function checkLeftovers(context: CheckContext): Promise<void> {
  await checkDatabases(context);
  for (const path of [...context.parts.content.unknownFiles(), ...context.parts.driver.unknownFiles()])
    await report(context, { kind: 'unknown-file', subject: path }, async () => {
      const name = Buffer.from(basename(path)).toString('latin1');
      await context.parts.threads.run({ kind: 'remove', root: dirname(path), name });
      return true;
    });
  await checkRecords(context);
}

async function checkDatabases(context: CheckContext): Promise<void> {
  for (const { schema, detail } of context.parts.recordChecks.damage())
    await report(context, { kind: 'damaged-database', subject: schema, detail }, () => false);
}

async function checkRecords(context: CheckContext): Promise<void> {
  const { recordChecks } = context.parts;
  for (const record of recordChecks.stale())
    await report(context, { kind: 'stale-record', ...record }, () => {
      recordChecks.remove(record);
      return true;
    });
}
