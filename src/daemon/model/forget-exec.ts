import { messageOf } from '../../base/errors.ts';
import type { DaemonCore } from './core.ts';
import type { Exec } from './exec.ts';

/** From now on it cannot be inspected. Idempotent, never throws: what stays in the store the next engine forgets. */
export function forgetExec(
  { execs, store, closing, log }: DaemonCore,
  exec: Pick<Exec, 'id' | 'container'>,
): void {
  if (closing.aborted || !execs.delete(exec)) return;
  try {
    store.removeExec(exec.id);
  } catch (error) {
    log.warn({ exec: exec.id, error: messageOf(error) }, 'forgetting an exec');
  }
}
