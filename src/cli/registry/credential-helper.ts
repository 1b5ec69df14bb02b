import { execFile } from 'node:child_process';
import type { AuthConfig } from '../../api/types.ts';
import { errorCode } from '../../base/errors.ts';

/** A helper may ask the user, but not for ever. */
const TIMEOUT_MS = 120_000;
const NOT_FOUND = 'credentials not found in native keychain';
/** The user name of identity tokens. */
const TOKEN_USER = '<token>';

/** A program `docker-credential-NAME` that keeps credentials (docker-credential-helpers). */
export class CredentialHelper {
  readonly #program: string;

  /** @throws Error for what is no name of a program */
  constructor(name: string) {
    if (!/^[\w.-]+$/.test(name)) throw new Error(`invalid credential helper: ${JSON.stringify(name)}`);
    this.#program = `docker-credential-${name}`;
  }

  /** @returns undefined when it has none */
  async get(key: string): Promise<AuthConfig | undefined> {
    const { code, stdout } = await this.#run('get', key);
    if (code !== 0) {
      if (stdout.trim() === NOT_FOUND) return undefined;
      throw this.#failure('get', stdout);
    }
    const { Username = '', Secret = '' } = JSON.parse(stdout) as { Username?: string; Secret?: string };
    return Username === TOKEN_USER
      ? { identitytoken: Secret, serveraddress: key }
      : { username: Username, password: Secret, serveraddress: key };
  }

  async store(key: string, { username = '', password = '', identitytoken = '' }: AuthConfig): Promise<void> {
    const isToken = identitytoken !== '';
    const credentials = {
      ServerURL: key,
      Username: isToken ? TOKEN_USER : username,
      Secret: isToken ? identitytoken : password,
    };
    const { code, stdout } = await this.#run('store', JSON.stringify(credentials));
    if (code !== 0) throw this.#failure('store', stdout);
  }

  async erase(key: string): Promise<void> {
    const { code, stdout } = await this.#run('erase', key);
    if (code !== 0 && stdout.trim() !== NOT_FOUND) throw this.#failure('erase', stdout);
  }

  #run(action: string, input: string): Promise<{ code: number; stdout: string }> {
    return new Promise((resolve, reject) => {
      const child = execFile(this.#program, [action], { timeout: TIMEOUT_MS }, (error, stdout) => {
        if (errorCode(error) === 'ENOENT')
          reject(
            new Error(
              `error getting credentials - err: exec: "${this.#program}": executable file not found in $PATH`,
            ),
          );
        else resolve({ code: error === null ? 0 : 1, stdout });
      });
      // It may end without having read it.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  #failure(action: string, output: string): Error {
    return new Error(
      `error getting credentials - err: ${this.#program} ${action}, out: \`${output.trim()}\``,
    );
  }
}
