import { variablesOf } from '../../dockerfile/apply-config.ts';
import type { StageState } from '../stage-state.ts';

/** What a step's variables are replaced by. */
export type StepVariables = { get(name: string): string | undefined };

export function stepVariables({ config, args }: Pick<StageState, 'config' | 'args'>): StepVariables {
  const env = variablesOf(config.Env);
  return { get: name => args.get(name) ?? env.get(name) };
}
