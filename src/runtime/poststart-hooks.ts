import { type ContainerRecord, startTicksOf, stateOf } from './container-record.ts';
import { runHooks } from './hooks.ts';

/**
 * Runs the hooks that come after the program has started. When one fails the container is stopped
 * (runtime.md, "Lifecycle").
 * @throws EngineError, the first failure
 */
export function runPoststartHooks(root: string, record: ContainerRecord): void {
  const { poststart } = record.spec.hooks ?? {};
  if (!poststart?.length) return;
  runHooks('poststart', poststart, { ...stateOf(root, record), status: 'running' }, error => {
    if (startTicksOf(record.pid) === record.startTicks) process.kill(record.pid, 'SIGKILL');
    throw error;
  });
}
