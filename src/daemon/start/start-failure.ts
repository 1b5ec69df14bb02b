import { EngineError, messageOf } from '../../base/errors.ts';
import { StartError } from '../../execdriver/start-error.ts';

const CREATE = 'failed to create task for container: failed to create shim task: OCI runtime create failed';
const RUNTIME = 'runc create failed';
const EXEC = 'OCI runtime exec failed: exec failed: unable to start container process';
const INIT = /^unable to start container process: error during container init: /;

/** Docker's exit code for a container that could not be started: it is what `docker run` exits with. */
export function startExitCode(error: unknown): number {
  if (!(error instanceof StartError)) return /no such file or directory/.test(messageOf(error)) ? 127 : 128;
  return error.reason === 'not-found' ? 127 : 126;
}

/** What the exec driver says of a container, in the words that the docker CLI and scripts look for. */
export function describeStartFailure(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  return withMessage(error, `${CREATE}: ${RUNTIME}: ${error.message}`);
}

/** As {@link describeStartFailure}, of a process started by `exec`. */
export function describeExecFailure(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.kind === 'conflict') return error;
  return withMessage(error, `${EXEC}: ${messageOf(error).replace(INIT, '')}`);
}

function withMessage(error: EngineError, message: string): EngineError {
  return error instanceof StartError
    ? new StartError(error.reason, message)
    : new EngineError(error.kind, message, { cause: error });
}
