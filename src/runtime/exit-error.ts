/** An error that asks for another exit code than 1. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ExitError';
    this.code = code;
  }
}
