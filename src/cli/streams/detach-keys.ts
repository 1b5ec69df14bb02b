const DEFAULT_KEYS = [0x10, 0x11];
const CONTROLS = '@abcdefghijklmnopqrstuvwxyz[\\]^_';

/** Watches input for the detach sequence (`ctrl-p,ctrl-q` by default), which is never passed on. */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  /** An unknown key disables detaching; the daemon answers for its wording. */
  constructor(keys: string) {
    this.#keys = keys === '' ? DEFAULT_KEYS : parseKeys(keys);
  }

  /** What of `chunk`, and of earlier keys that turned out to be input, goes to the container. */
  feed(chunk: Buffer): { forward: Buffer; detached: boolean } {
    const forward: number[] = [];
    for (const byte of chunk) {
      if (this.#keys.length > 0 && byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) return { forward: Buffer.from(forward), detached: true };
        continue;
      }
      forward.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] && this.#keys.length > 1 ? 1 : 0;
      if (this.#matched === 0) forward.push(byte);
    }
    return { forward: Buffer.from(forward), detached: false };
  }
}

function parseKeys(text: string): number[] {
  const keys = text.split(',').map(key => {
    if (key.length === 1) return key.charCodeAt(0);
    return key.startsWith('ctrl-') && key.length === 6 ? CONTROLS.indexOf((key[5] ?? '').toLowerCase()) : -1;
  });
  return keys.includes(-1) ? [] : keys;
}
