/** What Node's own timers take, almost 25 days. Beyond it they fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once, after any time at all: never, when it is infinite. Returns a function that cancels it. */
export function startTimer(delayMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (leftMs: number): void => {
    const stretchMs = Math.min(Math.max(0, leftMs), LONGEST_MS);
    timer = setTimeout(() => (leftMs > stretchMs ? wait(leftMs - stretchMs) : callback()), stretchMs);
  };
  if (delayMs !== Number.POSITIVE_INFINITY) wait(delayMs);
  return () => clearTimeout(timer);
}
