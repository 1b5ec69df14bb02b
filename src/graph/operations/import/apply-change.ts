import { EngineError } from '../../../base/errors.ts';
import { applyConfig, variablesOf } from '../../../dockerfile/apply-config.ts';
import type { ConfigInstruction } from '../../../dockerfile/instruction.ts';
import { readInstruction } from '../../../dockerfile/parse-instruction.ts';
import { splitStatement } from '../../../dockerfile/read-lines.ts';
import type { ContainerDefaults } from '../../../oci/image-config.ts';

/** As Docker has them. */
const ALLOWED = [
  'cmd',
  'entrypoint',
  'env',
  'expose',
  'healthcheck',
  'label',
  'onbuild',
  'stopsignal',
  'user',
  'volume',
  'workdir',
];
const ESCAPE = '\\';

export type Changed = { config: ContainerDefaults; kind: ConfigInstruction['kind'] | undefined };

/** A configuration with the instruction of a line applied, of the kind that is told. @throws EngineError invalid-parameter */
export function applyChange(config: ContainerDefaults, line: string): Changed {
  const instruction = line.startsWith('#') ? undefined : readChange(line);
  if (instruction === undefined) return { config, kind: undefined };
  const context = { variables: variablesOf(config.Env), escape: ESCAPE, emptyCommand: 'none' as const };
  return { config: applyConfig(config, instruction, context), kind: instruction.kind };
}

function readChange(line: string): ConfigInstruction | undefined {
  const statement = splitStatement(line, ESCAPE);
  if (statement === undefined) return undefined;
  const { keyword } = statement;
  if (!ALLOWED.includes(keyword.toLowerCase())) {
    throw new EngineError('invalid-parameter', `${keyword} is not a valid change command`);
  }
  return readInstruction({ ...statement, original: line, heredocs: [] }, ESCAPE) as ConfigInstruction;
}
