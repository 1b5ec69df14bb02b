import type { RunHook } from './plan.ts';
import type { Hook } from './spec.ts';

/** What hooks get of the container (runtime.md, "State"), but for its status; `"$PID"` stands for the pid. */
export type HookState = Record<string, unknown>;

/** Hooks as operations: they get the state with the status of their moment. */
export function hookOperations(
  hooks: readonly Hook[] | undefined,
  state: HookState,
  status: string,
): RunHook[] {
  return (hooks ?? []).map(hook => ({
    op: 'hook',
    path: hook.path,
    args: hook.args?.length ? hook.args : [hook.path],
    env: hook.env ?? [],
    state: JSON.stringify({ ...state, status }),
    timeoutMs: (hook.timeout ?? 0) * 1000,
  }));
}
