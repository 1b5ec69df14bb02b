import type { CompletedConfig } from '../../model/config.ts';
import { signalNumber } from '../../../base/signal-number.ts';

const SIGTERM = 15;

/** What asks a container to end: its image may name a signal that is none. */
export function stopSignalOf({ StopSignal: text }: Pick<CompletedConfig, 'StopSignal'>): number {
  try {
    return text ? signalNumber(text) : SIGTERM;
  } catch {
    return SIGTERM;
  }
}
