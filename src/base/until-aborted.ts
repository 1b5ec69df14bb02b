/**
 * Settles as the task does, or rejects with the signal's reason as soon as that is aborted. The task goes on then,
 * and its end is not reported.
 */
export async function untilAborted<T>(signal: AbortSignal | undefined, task: Promise<T>): Promise<T> {
  if (signal === undefined) return task;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted, task]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
