import { randomBytes } from 'node:crypto';

/** A new container, exec or network id: 64 lower-case hex digits, never all decimal in its first 12. */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    // Docker rejects such ids: a short id that is a number confuses hostnames and scripts.
    if (!/^\d{12}/.test(id)) return id;
  }
}

export { shortId } from './short-id.ts';
