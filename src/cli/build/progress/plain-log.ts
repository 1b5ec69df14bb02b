import type { OutputStream } from '../../context.ts';
import type { Status } from '../solve-build.ts';
import { type BuildSteps, secondsAt, type Step, type View } from './build-steps.ts';

/** Line by line, each with its step's number, as buildx prints it where there is no terminal. */
export class PlainLog implements View {
  readonly #output: OutputStream;
  readonly #steps: BuildSteps;
  /** The step that lines were printed of last. */
  #current: Step | undefined;
  readonly #ended = new Set<Step>();

  constructor(output: OutputStream, steps: BuildSteps) {
    this.#output = output;
    this.#steps = steps;
  }

  take(_status: Status, { changed, lines }: ReturnType<BuildSteps['take']>): void {
    for (const step of changed) if (step.startedMs !== undefined) this.#head(step);
    for (const { step, line } of lines) this.#print(step, `${secondsAt(step, line.atMs)} ${line.text}`);
    for (const step of changed) if (step.completedMs !== undefined) this.#end(step);
  }

  end(): void {
    const { warnings } = this.#steps;
    if (warnings.length === 0) return;
    const found = warnings.length === 1 ? '1 warning found:' : `${warnings.length} warnings found:`;
    this.#output.write(`\n ${[found, ...warnings.map(each => ` - ${each}`)].join('\n ')}\n`);
  }

  #head(step: Step): void {
    if (this.#current === step || this.#ended.has(step)) return;
    if (this.#current !== undefined) this.#output.write('\n');
    this.#current = step;
    this.#output.write(`#${step.number} ${step.name}\n`);
  }

  #print(step: Step, text: string): void {
    this.#head(step);
    this.#output.write(`#${step.number} ${text}\n`);
  }

  #end(step: Step): void {
    if (this.#ended.has(step)) return;
    if (step.rest !== '') this.#print(step, `${secondsAt(step, step.completedMs ?? 0)} ${step.rest}`);
    this.#print(step, endOf(step));
    this.#ended.add(step);
  }
}

function endOf(step: Step): string {
  if (step.error !== '') return `ERROR: ${step.error}`;
  if (step.isCached) return 'CACHED';
  return `DONE ${Number(secondsAt(step, step.completedMs ?? 0)).toFixed(1)}s`;
}
