import { stripVTControlCharacters } from 'node:util';
import type { OutputStream } from '../../context.ts';
import type { BuildSteps, Step, View } from './build-steps.ts';

const INTERVAL_MS = 100;
/** Of what a step that goes on has said. */
const TAIL_LINES = 6;
const LEAST_COLUMNS = 40;
const BLUE = '34';
const RED = '31';
const GREY = '2';

/** All steps with their times, drawn again in place while they go on, with the last lines of those that do. */
export class LiveView implements View {
  readonly #output: OutputStream;
  readonly #steps: BuildSteps;
  readonly #startedMs = Date.now();
  readonly #timer: NodeJS.Timeout;
  #drawnLines = 0;

  constructor(output: OutputStream, steps: BuildSteps) {
    this.#output = output;
    this.#steps = steps;
    this.#timer = setInterval(() => this.#draw(), INTERVAL_MS).unref();
  }

  take(): void {
    // The next drawing shows it.
  }

  end(): void {
    clearInterval(this.#timer);
    this.#draw(true);
    for (const warning of this.#steps.warnings) this.#output.write(` ! ${visible(warning)}\n`);
  }

  #draw(isLast = false): void {
    const columns = Math.max(this.#output.columns ?? 80, LEAST_COLUMNS);
    const all = this.#steps.all.filter(({ startedMs }) => startedMs !== undefined);
    const lines = [this.#headLine(all), ...all.flatMap(step => stepLines(step, columns))];
    const room = isLast ? lines.length : Math.max((this.#output.rows ?? 24) - 2, 2);
    // The head, and as many of the last as there is room for.
    const shown = lines.length <= room ? lines : [lines[0] as string, ...lines.slice(1 - room)];
    const back = this.#drawnLines === 0 ? '' : `\u001B[${this.#drawnLines}A`;
    this.#output.write(`${back}\r\u001B[0J${shown.map(line => `${line}\n`).join('')}`);
    this.#drawnLines = shown.length;
  }

  #headLine(steps: readonly Step[]): string {
    const done = steps.filter(({ completedMs }) => completedMs !== undefined).length;
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(1);
    return `[+] Building ${seconds}s (${done}/${steps.length})`;
  }
}

function stepLines(step: Step, columns: number): string[] {
  const isDone = step.completedMs !== undefined;
  const seconds = `${(((step.completedMs ?? Date.now()) - (step.startedMs ?? 0)) / 1000).toFixed(1)}s`;
  const state = step.error !== '' ? 'ERROR ' : step.isCached ? 'CACHED ' : '';
  const width = columns - seconds.length - 2;
  const text = ` => ${state}${visible(step.name)}`.slice(0, width).padEnd(width);
  const color = step.error !== '' ? RED : isDone ? BLUE : '';
  const line = `${colored(text, color)} ${seconds}`;
  if (isDone) return [line];
  const said = [...step.tail.map(({ text: own }) => own), ...(step.rest === '' ? [] : [step.rest])];
  const tail = said.slice(-TAIL_LINES).map(own => ` => => # ${visible(own)}`.slice(0, columns - 1));
  return [line, ...tail.map(own => colored(own, GREY))];
}

function colored(text: string, color: string): string {
  return color === '' ? text : `\u001B[${color}m${text}\u001B[0m`;
}

/** What a step writes moves no cursor but its own. */
function visible(text: string): string {
  const last = text.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  return stripVTControlCharacters(last)
    .replaceAll('\t', '    ')
    .replaceAll(/\p{Cc}/gu, '');
}
