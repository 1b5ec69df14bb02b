import { EngineError } from '../../base/errors.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import { applyConfig, variablesOf } from '../../dockerfile/apply-config.ts';
import type { ConfigInstruction } from '../../dockerfile/instruction.ts';
import { readInstruction } from '../../dockerfile/parse-instruction.ts';
import { splitStatement } from '../../dockerfile/read-lines.ts';
import type { ContainerDefaults } from '../../oci/image-config.ts';

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
/** What a Dockerfile of instructions like these has at most; they are carried out on the main thread. */
const MAX_LENGTH = 64 * 1024;
const MAX_LINES = 256;

/**
 * A configuration with Dockerfile instructions applied, as `--change` of import and commit has them.
 * @throws EngineError invalid-parameter
 */
export async function applyChanges(
  config: ContainerDefaults,
  changes: readonly string[],
): Promise<ContainerDefaults> {
  const lines = changes.flatMap(change => change.split('\n')).map(line => line.trim());
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (lines.length > MAX_LINES || length > MAX_LENGTH) throw invalid('too many changes');
  let result = config;
  const slice = new TimeSlice();
  for (const line of lines) {
    if (slice.isOver) await slice.pause();
    if (line !== '' && !line.startsWith('#')) result = applyChange(result, line);
  }
  return result;
}

function applyChange(config: ContainerDefaults, line: string): ContainerDefaults {
  const statement = splitStatement(line, ESCAPE);
  if (statement === undefined) return config;
  const keyword = statement.keyword.toUpperCase();
  if (!ALLOWED.includes(keyword.toLowerCase())) throw invalid(`${keyword} is not a valid change command`);
  if (statement.rest === '') throw invalid(`${keyword} requires at least one argument`);
  const instruction = readInstruction({ ...statement, original: line, heredocs: [] }, ESCAPE);
  return applyConfig(config, instruction as ConfigInstruction, {
    variables: variablesOf(config.Env),
    escape: ESCAPE,
  });
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
