import { constants } from 'node:os';
import type { ContainerConfig } from '../../api/types.ts';
import { invalid } from '../errors.ts';

const SIGTERM = 15;
const SIGRTMIN = 34;
const SIGRTMAX = 64;
const BY_NAME = new Map<string, number>(
  Object.entries(constants.signals).map(([name, number]) => [name, number]),
);

/**
 * A signal's number, from its number or name, with or without SIG, in any case; `RTMIN+3` too.
 * @throws EngineError invalid-parameter
 */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number < 1) throw invalid(`invalid signal: ${text}`);
    if (number > SIGRTMAX) throw invalid(`the linux daemon does not support signal ${text}`);
    return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = BY_NAME.get(`SIG${name}`) ?? realTimeSignal(name);
  if (number === undefined) throw invalid(`invalid signal: ${text}`);
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

function realTimeSignal(name: string): number | undefined {
  const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (!match) return undefined;
  const base = match[1] === 'MIN' ? SIGRTMIN : SIGRTMAX;
  const number = base + Number(`${match[2] ?? '+'}${match[3] ?? '0'}`);
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
}
