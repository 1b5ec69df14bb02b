import { variablesOf } from '../../dockerfile/apply-config.ts';
import type { Scope } from '../frontend/scope.ts';
import type { StageState } from '../stage-state.ts';

/** What a step's variables are replaced by: the stage's environment, then its arguments. */
export type StepVariables = { get(name: string): string | undefined };

export function stepVariables({ config, args }: StageState, scope: Scope): StepVariables {
  const env = variablesOf(config.Env);
  return { get: name => env.get(name) ?? scope.args.get(name) ?? args.get(name) };
}
