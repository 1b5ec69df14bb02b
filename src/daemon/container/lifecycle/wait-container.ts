import type { ContainerWaitResponse } from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Container } from '../../model/container.ts';

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Settles when the condition holds or never will any more, with the exit code; rejects when `signal` is aborted. */
export function waitContainer(
  container: Container,
  condition: WaitCondition,
  signal: AbortSignal,
): Promise<ContainerWaitResponse> {
  const isMet = condition === 'not-running' && !container.isRunning;
  if (isMet || container.isRemoved) return Promise.resolve(responseOf(container));
  return new Promise((resolve, reject) => {
    const unwatch = container.watch(milestone => {
      if (milestone === 'stopped' && condition === 'removed') return;
      unwatch();
      signal.removeEventListener('abort', abort);
      resolve(responseOf(container));
    });
    const abort = (): void => {
      unwatch();
      reject(new EngineError('cancelled', 'the client has gone'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function responseOf({ state: { exitCode } }: Container): ContainerWaitResponse {
  return { StatusCode: exitCode };
}
