import { basename, dirname } from 'node:path';
import { type CheckContext, report } from './check-context.ts';

/** Rows that are about something that is no more. They do no harm but take room. */
const STALE: Record<string, { find: string; remove: string }> = {
  'an expired lease': {
    find: 'SELECT id AS subject FROM leases WHERE expires_at_ms <= ?',
    remove: 'DELETE FROM leases WHERE id = ?',
  },
  'the size of a layer that has gone': {
    find: 'SELECT chain_id AS subject FROM layer_disk_bytes WHERE ? > 0 AND chain_id NOT IN (SELECT chain_id FROM layers)',
    remove: 'DELETE FROM layer_disk_bytes WHERE chain_id = ?',
  },
  'a note on a blob that has gone': {
    find: 'SELECT digest AS subject FROM kept_blobs WHERE ? > 0 AND digest NOT IN (SELECT blob FROM layers)',
    remove: 'DELETE FROM kept_blobs WHERE digest = ?',
  },
};

/** Looks for files that are nothing of the graph's, and for records that are of no use. */
export async function checkLeftovers(context: CheckContext): Promise<void> {
  await checkDatabases(context);
  for (const path of [...context.parts.content.strangers(), ...context.parts.driver.strangers()])
    await report(context, { kind: 'stranger', subject: path }, async () => {
      const name = Buffer.from(basename(path)).toString('latin1');
      await context.parts.threads.run({ kind: 'remove', root: dirname(path), name });
      return true;
    });
  await checkRecords(context);
}

async function checkDatabases(context: CheckContext): Promise<void> {
  const { database } = context.parts;
  for (const schema of ['main', 'driver'])
    for (const row of database.prepare(`PRAGMA ${schema}.integrity_check`).all()) {
      const detail = String(row.integrity_check);
      if (detail !== 'ok')
        await report(context, { kind: 'damaged-database', subject: schema, detail }, () => false);
    }
}

async function checkRecords(context: CheckContext): Promise<void> {
  const { database } = context.parts;
  for (const [detail, { find, remove }] of Object.entries(STALE))
    for (const row of database.prepare(find).all(Date.now())) {
      const subject = String(row.subject);
      await report(context, { kind: 'stale-record', subject, detail }, () => {
        database.prepare(remove).run(subject);
        return true;
      });
    }
}
