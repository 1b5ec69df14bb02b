import { EngineError, errorCode, messageOf, SyscallError } from '../../../base/errors.ts';
import { StartError } from '../../../execdriver/start-error.ts';

const CREATE = 'failed to create task for container: failed to create shim task: OCI runtime create failed';
const RUNTIME = 'runc create failed';
const EXEC = 'OCI runtime exec failed: exec failed: unable to start container process';
const INIT = /^unable to start container process: error during container init: /;

/** What Docker takes for the fault of a request, with the exit code that it gives the container. */
const FAULTS = new Map([
  ['ENOENT', 127],
  ['ENOTDIR', 127],
  ['EACCES', 126],
  ['EISDIR', 126],
]);

/** Docker's exit code for a container that could not be started: it is what `docker run` exits with. */
export function startExitCode(error: unknown): number {
  if (error instanceof StartError) return error.reason === 'not-found' ? 127 : 126;
  return FAULTS.get(reasonOf(error)) ?? 128;
}

/**
 * Why the kernel refused what the error tells of, as errno's name: that of its cause, where it has one itself of none.
 * '' where nothing of the request's was refused; calls that the engine makes for itself are none of the request's.
 */
function reasonOf(error: unknown): string {
  if (error instanceof SyscallError) return '';
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = errorCode(each);
    if (code !== undefined) return code;
  }
  return '';
}

/** What the exec driver says of a container, in the words that the docker CLI and scripts look for. */
export function describeStartFailure(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  return withMessage(error, `${CREATE}: ${RUNTIME}: ${error.message}${hintFor(error)}`);
}

function hintFor(error: EngineError): string {
  const hint =
    'Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';
  return reasonOf(error) === 'ENOTDIR' ? `: ${hint}` : '';
}

/** As {@link describeStartFailure}, of a process started by `exec`. */
export function describeExecFailure(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.kind === 'conflict') return error;
  return withMessage(error, `${EXEC}: ${messageOf(error).replace(INIT, '')}`);
}

function withMessage(error: EngineError, message: string): EngineError {
  return error instanceof StartError
    ? new StartError(error.reason, message)
    : new EngineError(kindOf(error), message, { cause: error });
}

function kindOf(error: EngineError): EngineError['kind'] {
  return error.kind === 'system' && FAULTS.has(reasonOf(error)) ? 'invalid-parameter' : error.kind;
}
