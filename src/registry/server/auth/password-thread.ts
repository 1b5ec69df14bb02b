import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../../base/errors.ts';
import type { PasswordAnswer, PasswordQuestion } from './password-worker.ts';

/** As many wait for ten seconds or so. */
const MAXIMUM_WAITING = 100;

type Waiting = { resolve: (isRight: boolean) => void; reject: (error: Error) => void };

/** Compares passwords in a thread of its own, which is there from the first one on. */
export class PasswordThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 0;

  get isBusy(): boolean {
    return this.#waiting.size >= MAXIMUM_WAITING;
  }

  compare(password: string, hash: string): Promise<boolean> {
    this.#worker ??= this.#start();
    const question: PasswordQuestion = { id: this.#nextId++, password, hash };
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.set(question.id, { resolve, reject });
    this.#worker.postMessage(question);
    return promise;
  }

  #start(): Worker {
    const { program, options } = workerProgram();
    const worker = new Worker(program, options);
    worker.unref();
    worker.on('message', ({ id, isRight }: PasswordAnswer) => {
      this.#waiting.get(id)?.resolve(isRight);
      this.#waiting.delete(id);
    });
    worker.on('error', cause => {
      if (this.#worker === worker) this.#fail(cause);
    });
    return worker;
  }

  #fail(cause?: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values())
      reject(new EngineError('unavailable', 'passwords cannot be looked at', { cause }));
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#fail();
    await worker?.terminate();
  }
}

/** Of a bundle it is the text that counts, as the package may be replaced. */
function workerProgram() {
  if (import.meta.url.endsWith('.ts'))
    return { program: new URL('./password-worker.ts', import.meta.url), options: {} };
  const program = readFileSync(new URL('./password-worker.cjs', import.meta.url), 'utf8');
  return { program, options: { eval: true } };
}
