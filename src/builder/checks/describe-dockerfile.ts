import { parseRunMount } from '../../dockerfile/run-mount.ts';
import type { ArgInstruction, Dockerfile, Written } from '../../dockerfile/instruction.ts';
import { type Statement, readLines } from '../../dockerfile/read-lines.ts';
import type { LineRange } from '../../dockerfile/dockerfile-error.ts';
import { expandWord } from '../../dockerfile/shell-lexer.ts';
import type { Plan } from '../frontend/plan-stages.ts';

/** What a target can be given (BuildKit's subrequest `frontend.outline`). */
export type Outline = {
  name: string;
  description: string;
  args: { name: string; description: string; value: string; range: LineRange }[];
  secrets: { name: string; required: boolean; range: LineRange }[];
  ssh: { name: string; required: boolean; range: LineRange }[];
  cache: { id: string; range: LineRange }[];
};

/** A stage that can be built (`frontend.targets`). */
export type Target = {
  name: string;
  isDefault: boolean;
  description: string;
  base: string;
  platform: string;
  range: LineRange;
};

/** What the target of a plan, and the stages that it needs, can be given. */
export function outlineOf(dockerfile: Dockerfile, text: string, plan: Plan): Outline {
  const descriptions = new Descriptions(text);
  const { stage } = plan.target;
  const steps = plan.needed.flatMap(needed => needed.stage.steps);
  const declared = steps.flatMap(step => (step.kind === 'arg' ? [step] : []));
  const globals = usedGlobals(dockerfile, plan, declared);
  const mounts = steps.flatMap(step =>
    step.kind === 'run'
      ? step.mounts.flatMap(mount => {
          try {
            return [{ mount: parseRunMount(mount, value => value), range: step.range }];
          } catch {
            return [];
          }
        })
      : [],
  );
  const named = (type: 'secret' | 'ssh', otherwise: string) =>
    mounts
      .filter(({ mount }) => mount.type === type)
      .map(({ mount, range }) => ({
        name: mount.id || mount.source.split('/').at(-1) || mount.target.split('/').at(-1) || otherwise,
        required: mount.required,
        range,
      }));
  return {
    name: stage.name,
    description: descriptions.of(stage.name, stage.range),
    args: [...globals, ...declared].flatMap(({ args, range }) =>
      args.map(({ name, value }) => ({
        name,
        description: descriptions.of(name, range),
        value: plan.globals.args.get(name) ?? (value === undefined ? '' : expanded(value, dockerfile, plan)),
        range,
      })),
    ),
    secrets: named('secret', ''),
    ssh: named('ssh', 'default'),
    cache: mounts
      .filter(({ mount }) => mount.type === 'cache')
      .map(({ mount, range }) => ({ id: mount.id || mount.target, range })),
  };
}

/** Those that a FROM uses, which no stage declares again. */
function usedGlobals(
  { globalArgs }: Dockerfile,
  { needed }: Plan,
  declared: readonly ArgInstruction[],
): (Written & ArgInstruction)[] {
  const again = new Set(declared.flatMap(({ args }) => args.map(({ name }) => name)));
  const bases = needed.map(({ stage }) => `${stage.base} ${stage.platform}`).join(' ');
  return globalArgs.filter(({ args }) =>
    args.some(({ name }) => !again.has(name) && new RegExp(`\\$\\{?${name}\\b`).test(bases)),
  );
}

function expanded(value: string, { escape }: Dockerfile, { globals }: Plan): string {
  try {
    return expandWord(value, globals.args, { escape });
  } catch {
    return value;
  }
}

/** The stages that can be built, in the order of the Dockerfile. */
export function targetsOf({ stages }: Dockerfile, text: string): Target[] {
  const descriptions = new Descriptions(text);
  return stages.map((stage, index) => ({
    name: stage.name,
    isDefault: index === stages.length - 1,
    description: descriptions.of(stage.name, stage.range),
    base: stage.base,
    platform: stage.platform,
    range: stage.range,
  }));
}

/** Comments right above instructions that begin with a name. */
class Descriptions {
  readonly #statements: readonly Statement[];

  constructor(text: string) {
    this.#statements = readLines(text).statements;
  }

  of(name: string, range: LineRange): string {
    const comments = this.#statements.find(each => each.range.start === range.start)?.comments ?? [];
    const comment = name === '' ? undefined : comments.find(each => each.startsWith(`${name} `));
    return comment?.slice(name.length + 1).trim() ?? '';
  }
}
