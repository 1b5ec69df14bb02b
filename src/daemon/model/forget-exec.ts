import type { DaemonCore } from './core.ts';
import type { Exec } from './exec.ts';

/** From now on it cannot be inspected. Idempotent. */
export function forgetExec(
  { execs, store, closing }: DaemonCore,
  exec: Pick<Exec, 'id' | 'container'>,
): void {
  if (closing.aborted || !execs.delete(exec)) return;
  store.removeExec(exec.id);
}
