import type { ContainerConfig } from '../../api/types.ts';
import { SIGRTMAX, signalNumber } from '../../base/signal-number.ts';
import { invalid } from '../errors.ts';

const SIGTERM = 15;

/**
 * The number of a signal that there is: see {@link signalNumber}.
 * @throws EngineError invalid-parameter
 */
export function parseSignal(text: string): number {
  const number = signalNumber(text);
  if (number < 1) throw invalid(`invalid signal: ${text}`);
  if (number > SIGRTMAX) throw invalid(`the linux daemon does not support signal ${text}`);
  return number;
}

/** What asks a container to end: its image may name a signal that is none. */
export function stopSignalOf({ StopSignal: text }: ContainerConfig): number {
  try {
    return text ? parseSignal(text) : SIGTERM;
  } catch {
    return SIGTERM;
  }
}
