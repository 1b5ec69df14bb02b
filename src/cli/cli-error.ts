/** A command that ends with `exitCode`, after `message` (when not empty) has gone to standard error as it is. */
export class ExitError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message = '') {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A flag that does not fit the grammar: shown with the command's usage line, exit code 125. */
export class FlagError extends Error {}

/** The wrong number of arguments: shown with the command's usage line, exit code 1. */
export class UsageError extends Error {
  /** Docker says `See` for some of these, and `Run` for the others. */
  readonly verb: 'See' | 'Run';

  constructor(message: string, verb: 'See' | 'Run') {
    super(message);
    this.verb = verb;
  }
}
