import { untilAborted } from '../../base/until-aborted.ts';

/** What is said while an operation runs. */
export type RunOutput = { stream: 'stdout' | 'stderr'; data: Buffer };
type Listener = (output: RunOutput) => void;

type Run<T> = {
  result: Promise<T>;
  controller: AbortController;
  listeners: Set<Listener>;
  /** What was said so far, for those that come later. */
  said: RunOutput[];
  saidBytes: number;
};

/** How much output is kept for builds that join later; they see its end. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Operations under way, by their keys: one that is wanted twice at the same time runs once. It is cancelled when
 * its last build has left, and no build joins it from then on.
 */
export class SharedRuns<T> {
  readonly #runs = new Map<string, Run<T>>();

  /** `operation` is started unless it runs already. @throws what it throws; the signal's reason when it is aborted */
  async run(
    key: string,
    { signal, listener }: { signal: AbortSignal; listener: Listener },
    operation: (signal: AbortSignal, say: Listener) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const run = this.#runs.get(key) ?? this.#start(key, operation);
    for (const output of run.said) listener(output);
    // Each has a set entry of its own, also where two give the same function.
    const own: Listener = output => listener(output);
    run.listeners.add(own);
    try {
      return await untilAborted(signal, run.result);
    } finally {
      run.listeners.delete(own);
      if (run.listeners.size === 0) this.#leave(key, run);
      // The last one that goes waits until nothing is left of it.
      if (signal.aborted && run.controller.signal.aborted) await run.result.catch(() => undefined);
    }
  }

  #leave(key: string, run: Run<T>): void {
    if (this.#runs.get(key) === run) this.#runs.delete(key);
    run.controller.abort(new DOMException('This operation was aborted', 'AbortError'));
  }

  #start(key: string, operation: (signal: AbortSignal, say: Listener) => Promise<T>): Run<T> {
    const controller = new AbortController();
    const run: Run<T> = {
      controller,
      listeners: new Set(),
      said: [],
      saidBytes: 0,
      result: undefined as unknown as Promise<T>,
    };
    run.result = operation(controller.signal, output => say(run, output)).finally(() => {
      if (this.#runs.get(key) === run) this.#runs.delete(key);
    });
    run.result.catch(() => undefined);
    this.#runs.set(key, run);
    return run;
  }
}

function say<T>(run: Run<T>, output: RunOutput): void {
  run.said.push(output);
  run.saidBytes += output.data.length;
  while (run.saidBytes > KEPT_BYTES && run.said.length > 1)
    run.saidBytes -= run.said.shift()?.data.length ?? 0;
  for (const listener of run.listeners) listener(output);
}
