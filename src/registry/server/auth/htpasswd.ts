import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EngineError, messageOf } from '../../../base/errors.ts';
import { ShortMemory } from '../../../base/short-memory.ts';
import { DistributionError } from '../distribution-error.ts';
import { PasswordThread } from './password-thread.ts';

const BCRYPT = /^\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}$/;
const MAXIMUM_LENGTH = 16 * 1024 * 1024;
/** bcrypt is meant to be slow: a client that pulls asks a hundred times with the same password. */
const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_COUNT = 10_000;
/** Who is not known costs as much time as who is. */
const NOBODYS_HASH = '$2b$10$ib3OhqA8qvhO97getQTsh.75Ey8FQXlHTMNohh6Jmf0n5oSdzkz6C';

/** Users and the bcrypt hashes of their passwords, as Apache's htpasswd -B writes them. */
export class Htpasswd {
  readonly #path: string;
  readonly #thread = new PasswordThread();
  readonly #known = new ShortMemory<true>({
    keptMs: REMEMBERED_MS,
    maxCount: REMEMBERED_COUNT,
    maxSize: REMEMBERED_COUNT,
  });
  #hashes: ReadonlyMap<string, string>;

  private constructor(path: string, hashes: ReadonlyMap<string, string>) {
    this.#path = path;
    this.#hashes = hashes;
  }

  /** The caller closes it. @throws EngineError invalid-parameter */
  static async open(path: string): Promise<Htpasswd> {
    return new Htpasswd(path, await readHashes(path));
  }

  /** Reads the file again. @throws EngineError invalid-parameter: then nothing changes */
  async reload(): Promise<void> {
    this.#hashes = await readHashes(this.#path);
  }

  has(user: string): boolean {
    return this.#hashes.has(user);
  }

  /** Something that changes with the user's password, and tells nothing of it; '' for nobody. */
  markOf(user: string): string {
    const hash = this.#hashes.get(user);
    if (hash === undefined) return '';
    return createHash('sha256')
      .update(JSON.stringify([user, hash]))
      .digest('base64url');
  }

  /**
   * Whether it is the user's password.
   * @throws DistributionError TOOMANYREQUESTS when more than can be looked at are asked for
   */
  async verify(user: string, password: string): Promise<boolean> {
    const hash = this.#hashes.get(user);
    const key = createHash('sha256')
      .update(JSON.stringify([user, password, hash]))
      .digest('base64');
    if (hash !== undefined && this.#known.get(key)) return true;
    if (this.#thread.isBusy)
      throw new DistributionError('TOOMANYREQUESTS', 'too many logins at once', {
        headers: { 'Retry-After': '5' },
      });
    const isRight = await this.#thread.compare(password, hash ?? NOBODYS_HASH);
    if (!isRight || hash === undefined) return false;
    this.#known.forget(key);
    this.#known.keep(key, true, 1);
    return true;
  }

  close(): Promise<void> {
    this.#known.clear();
    return this.#thread.close();
  }
}

async function readHashes(path: string): Promise<ReadonlyMap<string, string>> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MAXIMUM_LENGTH) throw new EngineError('invalid-parameter', 'it is too large');
    return new Map(text.split(/\r?\n/).flatMap(entryOf));
  } catch (cause) {
    throw new EngineError('invalid-parameter', `${path}: ${messageOf(cause)}`, { cause });
  }
}

function entryOf(line: string, index: number): [string, string][] {
  if (line.trim() === '' || line.startsWith('#')) return [];
  const colon = line.indexOf(':');
  const [user, hash] = [line.slice(0, colon), line.slice(colon + 1).trim()];
  if (colon < 1 || !BCRYPT.test(hash))
    throw new EngineError('invalid-parameter', `line ${index + 1} has no user with a bcrypt hash`, {
      hint: 'htpasswd -B writes them.',
    });
  return [[user, hash]];
}
