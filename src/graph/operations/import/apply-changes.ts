import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
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
  let hasCommand = false;
  const slice = new TimeSlice();
  for (const line of lines) {
    if (slice.isOver) await slice.pause();
    const instruction = line.startsWith('#') ? undefined : readChange(line);
    if (instruction === undefined) continue;
    result = applyConfig(result, instruction, { variables: variablesOf(result.Env), escape: ESCAPE });
    if (instruction.kind === 'cmd') hasCommand = true;
    // A command that was there before belongs to the entrypoint that it was written for.
    if (instruction.kind === 'entrypoint' && !hasCommand) result = { ...result, Cmd: null };
  }
  return result;
}

function readChange(line: string): ConfigInstruction | undefined {
  const statement = splitStatement(line, ESCAPE);
  if (statement === undefined) return undefined;
  const { keyword } = statement;
  if (!ALLOWED.includes(keyword.toLowerCase())) throw invalid(`${keyword} is not a valid change command`);
  return readInstruction({ ...statement, original: line, heredocs: [] }, ESCAPE) as ConfigInstruction;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}
