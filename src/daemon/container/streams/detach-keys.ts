import { invalid } from '../../model/errors.ts';

/** Ctrl-P, Ctrl-Q. */
export const DEFAULT_DETACH_KEYS: readonly number[] = [16, 17];

const CONTROL_PUNCTUATION = '@[\\]^_';

/**
 * `ctrl-p,ctrl-q`, `a,b`, `ctrl-@`; '' for the default.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === '') return DEFAULT_DETACH_KEYS;
  return text.split(',').map(key => {
    const code = keyCode(key);
    if (code === undefined) throw invalid(`Invalid detach keys (${text}) provided`);
    return code;
  });
}

function keyCode(key: string): number | undefined {
  if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
  if (key.toLowerCase() === 'del') return 127;
  const control = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
  if (control === undefined) return undefined;
  if (control >= 'a' && control <= 'z') return control.charCodeAt(0) - 'a'.charCodeAt(0) + 1;
  const index = CONTROL_PUNCTUATION.indexOf(control);
  if (index < 0) return undefined;
  // @ is 0; the others follow Ctrl-Z.
  return index === 0 ? 0 : 26 + index;
}

/** Looks for the detach keys in what is typed, and holds back what may be the beginning of them. */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** What is to be passed on now, and whether the keys were complete (what follows them is dropped). */
  scan(chunk: Uint8Array): { output: Buffer; detached: boolean } {
    const output: number[] = [];
    for (const byte of chunk) {
      while (this.#matched > 0 && byte !== this.#keys[this.#matched]) this.#release(output);
      if (byte !== this.#keys[this.#matched]) output.push(byte);
      else this.#matched += 1;
      if (this.#matched === this.#keys.length) return { output: Buffer.from(output), detached: true };
    }
    return { output: Buffer.from(output), detached: false };
  }

  /** Gives up the oldest key held back; what remains may still be a beginning. */
  #release(output: number[]): void {
    const held = this.#keys.slice(0, this.#matched);
    for (let drop = 1; drop <= held.length; drop += 1) {
      if (!held.slice(drop).every((key, index) => key === this.#keys[index])) continue;
      output.push(...held.slice(0, drop));
      this.#matched = held.length - drop;
      return;
    }
  }
}
