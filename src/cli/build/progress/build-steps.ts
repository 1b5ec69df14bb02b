import { EXPLAIN } from '../../../buildkit/messages.ts';
import type { Status } from '../solve-build.ts';

/** What the engine tells of a step when it is asked to explain the build. */
export type Explanation = {
  kind: string;
  key: string;
  /** What went into it. */
  inputs: string[];
  /** Why it was not in the cache; '' where it was. */
  reason: string;
};

export type Line = { text: string; atMs: number };

/** A step of a build, as it is known by now. */
export type Step = {
  digest: string;
  /** By the order in which steps began. */
  number: number;
  name: string;
  startedMs: number | undefined;
  completedMs: number | undefined;
  isCached: boolean;
  /** '' for none. */
  error: string;
  /** The last lines of what it has said. */
  tail: Line[];
  /** What is not a whole line yet. */
  rest: string;
  explanation: Explanation | undefined;
};

const TAIL_LINES = 50;
const MAX_LINE_LENGTH = 64 * 1024;

/** All steps of a build, and what they have said last. */
export class BuildSteps {
  readonly #steps = new Map<string, Step>();
  #begun = 0;
  /** What was found in the Dockerfile: `Rule: … (line 3)`. */
  readonly warnings: string[] = [];

  get all(): Step[] {
    return [...this.#steps.values()];
  }

  step(digest: string): Step | undefined {
    return this.#steps.get(digest);
  }

  /** @returns whole lines that have come, and the steps that something else has become known of */
  take({ vertexes, statuses, logs, warnings }: Status): {
    changed: Step[];
    lines: { step: Step; line: Line }[];
  } {
    const changed = vertexes.flatMap(vertex => (vertex === undefined ? [] : [this.#change(vertex)]));
    for (const status of statuses) {
      const step = status?.id === EXPLAIN ? this.#steps.get(status.vertex ?? '') : undefined;
      if (step !== undefined) step.explanation = JSON.parse(status?.name ?? '') as Explanation;
    }
    const lines = logs.flatMap(log => (log === undefined ? [] : this.#say(log)));
    for (const warning of warnings) this.warnings.push(Buffer.from(warning?.short ?? []).toString());
    return { changed, lines };
  }

  #change(vertex: NonNullable<Status['vertexes'][number]>): Step {
    const { digest = '', name = '', started, completed, cached = false, error = '' } = vertex;
    const known = this.#steps.get(digest) ?? {
      digest,
      number: 0,
      tail: [],
      rest: '',
      explanation: undefined,
    };
    const step = Object.assign(known, {
      name,
      startedMs: started,
      completedMs: completed,
      isCached: cached,
      error,
    });
    if (step.number === 0 && started !== undefined) step.number = ++this.#begun;
    this.#steps.set(digest, step);
    return step;
  }

  #say(log: NonNullable<Status['logs'][number]>): { step: Step; line: Line }[] {
    const step = this.#steps.get(log.vertex ?? '');
    if (step === undefined) return [];
    const whole = step.rest + Buffer.from(log.data ?? []).toString();
    const texts = whole.split('\n');
    step.rest = texts.pop() ?? '';
    if (step.rest.length > MAX_LINE_LENGTH) {
      texts.push(step.rest);
      step.rest = '';
    }
    const lines = texts.map(text => ({ text: text.replace(/\r$/, ''), atMs: log.timestamp ?? 0 }));
    step.tail = [...step.tail, ...lines].slice(-TAIL_LINES);
    return lines.map(line => ({ step, line }));
  }
}

/** Seconds from a step's start: `1.234`. */
export function secondsAt({ startedMs }: Step, atMs: number): string {
  return (Math.max(atMs - (startedMs ?? atMs), 0) / 1000).toFixed(3);
}

/** Shows what is known of a build. */
export type View = {
  take(status: Status, told: ReturnType<BuildSteps['take']>): void;
  /** Shows what there is to show in the end. */
  end(): void;
};
