import { DockerfileError } from './dockerfile-error.ts';
import type { Dockerfile, Stage } from './instruction.ts';
import { parseInstruction } from './parse-instruction.ts';
import { readLines } from './read-lines.ts';

/** More than real Dockerfiles have: each says something of the image, and of its history. */
const MAX_INSTRUCTIONS = 5000;

/**
 * Reads a Dockerfile into stages of typed instructions.
 * @throws DockerfileError, in BuildKit's words, with the lines that it is about
 */
export function parseDockerfile(text: string): Dockerfile {
  const { statements, directives } = readLines(text);
  const { escape, syntax, check } = directives;
  const [first] = statements.slice(MAX_INSTRUCTIONS);
  if (first !== undefined)
    throw new DockerfileError(`dockerfile has more than ${MAX_INSTRUCTIONS} instructions`, first.range);
  const dockerfile: Dockerfile = { escape, syntax, check, globalArgs: [], stages: [] };
  for (const statement of statements) {
    const instruction = parseInstruction(statement, escape);
    const stage = dockerfile.stages.at(-1);
    if (instruction.kind === 'from') {
      const { kind: _, ...from } = instruction;
      dockerfile.stages.push({ ...from, steps: [] } satisfies Stage);
    } else if (stage !== undefined) stage.steps.push(instruction);
    else if (instruction.kind === 'arg') dockerfile.globalArgs.push(instruction);
    else throw new DockerfileError('no build stage in current context', instruction.range);
  }
  if (dockerfile.stages.length === 0)
    throw new DockerfileError(
      'dockerfile contains no stages to build',
      statements[0]?.range ?? { start: 1, end: 1 },
    );
  return dockerfile;
}
