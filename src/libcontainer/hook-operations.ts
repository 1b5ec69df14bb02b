import type { RunHook } from './plan.ts';
import type { Hooks } from '../oci/runtime-spec.ts';

/** What hooks get of the container (runtime.md, "State"), but for its status; `"$PID"` stands for the pid. */
export type HookState = Record<string, unknown>;

export type HookContext = {
  state: HookState;
  /** For hooks that have no environment of their own. */
  environment: readonly string[];
  /** Whether they get the process's HOME then. Default false. */
  addsHome?: boolean;
};

/** The hooks of one moment as operations: they get the state with the status of that moment. */
export function hookOperations(
  hooks: Hooks | undefined,
  moment: keyof Hooks,
  status: string,
  { state, environment, addsHome = false }: HookContext,
): RunHook[] {
  return (hooks?.[moment] ?? []).map((hook, index) => ({
    op: 'hook',
    moment,
    index,
    path: hook.path,
    args: hook.args?.length ? hook.args : [hook.path],
    env: [...(hook.env ?? environment)],
    state: JSON.stringify({ ...state, status }),
    timeoutMs: (hook.timeout ?? 0) * 1000,
    addsHome: addsHome && hook.env === undefined,
  }));
}
