import { constants } from 'node:os';
import { EngineError } from './errors.ts';

const SIGRTMIN = 34;
export const SIGRTMAX = 64;

const BY_NAME = new Map<string, number>(
  Object.entries(constants.signals).map(([name, number]) => [name, number]),
);

/**
 * A signal's number, from its number or name, with or without SIG, in any case; `RTMIN+3` too. Any number but 0 is
 * taken: whether the kernel knows it is another question.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = /^[+-]?\d{1,9}$/.test(text)
    ? Number(text)
    : (BY_NAME.get(`SIG${name}`) ?? realTimeSignal(name));
  if (!number) throw new EngineError('invalid-parameter', `invalid signal: ${text}`);
  return number;
}

function realTimeSignal(name: string): number | undefined {
  const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (!match) return undefined;
  const base = match[1] === 'MIN' ? SIGRTMIN : SIGRTMAX;
  const number = base + Number(`${match[2] ?? '+'}${match[3] ?? '0'}`);
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
}
