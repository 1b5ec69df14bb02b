import { EngineError } from '../../base/errors.ts';
import { describeOperation } from '../../libcontainer/describe-operation.ts';
import type { Operation, Plan } from '../../libcontainer/plan.ts';
import { StartError } from '../start-error.ts';
import { ShimFailure } from './shim-failure.ts';

/** errno in the words of strerror(3), where scripts and the docker CLI look for them. */
const WORDS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory: permission denied',
  ENOTDIR: 'not a directory',
  ENOEXEC: 'exec format error',
  EINVAL: 'invalid argument',
  ENOTTY: 'inappropriate ioctl for device',
  ESRCH: 'no such process',
  EBUSY: 'device or resource busy',
  ENODEV: 'no such device',
  ERANGE: 'numerical result out of range',
  EROFS: 'read-only file system',
  ELOOP: 'too many levels of symbolic links',
  ENOSPC: 'no space left on device',
  ENOMEM: 'cannot allocate memory',
  ENAMETOOLONG: 'file name too long',
  EMFILE: 'too many open files',
};

/**
 * An error for people, and for the docker CLI, from what the shim reported of a plan, which is its cause. Others pass as
 * they are.
 */
export function describeFailure(error: unknown, plan: Plan): unknown {
  if (!(error instanceof ShimFailure)) return error;
  const list = error.party === 'parent' ? plan.parent : error.party === 'child' ? plan.child : [];
  const operation = list[error.index];
  const { code: name } = error;
  const words = WORDS[name] ?? name;
  if (operation?.op === 'find-executable') return startError(operation.name, name, words);
  if (operation?.op === 'hook') {
    const { moment, index, path } = operation;
    return initError(
      error,
      `error running ${moment} hook #${index}: ${path}: ${error.detail.trim() || words}`,
    );
  }
  if (operation?.op === 'require-directory')
    return initError(error, `${JSON.stringify(operation.target)} must be mounted on ordinary directory`);
  if (operation?.op === 'scheduler' && name === 'EPERM')
    return initError(
      error,
      "setting the scheduler: process scheduler can't be used together with AllowedCPUs",
    );
  if (operation?.op === 'connect-agent')
    return initError(
      error,
      `failed to connect with seccomp agent specified in the seccomp profile: ${operation.path}: ${words}`,
    );
  if (operation?.op === 'chdir') {
    const reason = error.detail || words;
    return initError(
      error,
      `chdir to cwd (${JSON.stringify(operation.path)}) set in config.json failed: ${reason}`,
    );
  }
  if (operation?.op === 'root-directory')
    return initError(error, `mkdir ${operation.target}: ${error.detail || words}`);
  // The shim's word for a target inside a proc file system, by way of a link.
  if ((operation?.op === 'mount' || operation?.op === 'bind') && name === 'EXDEV')
    return new EngineError('invalid-parameter', prefix(`${purposeOf(operation, plan)}${error.detail}`), {
      cause: error,
    });
  return initError(error, `${purposeOf(operation, plan)}${failedOperation(operation, error, words)}`);
}

function failedOperation(operation: Operation | undefined, error: ShimFailure, words: string): string {
  const what = operation ? describeOperation(operation) : `the ${error.party}`;
  const moreWords = error.detail ? ` (${error.detail.trim()})` : '';
  return `${what}: ${words}${moreWords}`;
}

/** In runc's words, for what people meet most. */
function purposeOf(operation: Operation | undefined, { parent }: Plan): string {
  if (operation?.op === 'mount' || operation?.op === 'bind') {
    const [, tree] = /^tree:(\d+)$/.exec(operation.source) ?? [];
    const source = tree ? parent.filter(({ op }) => op === 'open-tree')[Number(tree)] : operation;
    const from = source && 'source' in source ? source.source : operation.source;
    return `error mounting ${JSON.stringify(from)} to rootfs at ${JSON.stringify(operation.target)}: `;
  }
  return operation?.op === 'memory-policy' ? 'set_mempolicy: ' : '';
}

function startError(name: string, errno: string, words: string): StartError {
  const quoted = JSON.stringify(name);
  if (errno !== 'ENOENT' && errno !== 'ENOTDIR')
    return new StartError('not-executable', prefix(`exec: ${quoted}: ${words}`));
  const reason = name.includes('/') ? `stat ${name}: ${words}` : 'executable file not found in $PATH';
  return new StartError('not-found', prefix(`exec: ${quoted}: ${reason}`));
}

function initError(cause: ShimFailure, message: string): EngineError {
  return new EngineError('system', prefix(message), { cause });
}

function prefix(message: string): string {
  return `unable to start container process: error during container init: ${message}`;
}
