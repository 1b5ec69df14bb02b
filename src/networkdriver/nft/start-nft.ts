import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { EngineError } from '../../base/errors.ts';

/** Starts nft(8), which is in sbin: not in everybody's PATH. What keeps it from starting is the child's `error`. */
export function startNft(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  const child = spawn('nft', args, { stdio: 'pipe', env });
  // One that ends early closes its standard input; its exit code says why.
  child.stdin.on('error', () => undefined);
  return child;
}

/** Of a child's `error`. */
export function nftError(cause: Error): EngineError {
  return new EngineError('system', `failed to run nft: ${cause.message}`, {
    cause,
    hint: 'Bridge networks need the nftables package.',
  });
}
