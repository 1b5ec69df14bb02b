import { constants } from 'node:os';
import { EngineError } from './errors.ts';

const SIGRTMIN = 34;
const SIGRTMAX = 64;
/** Docker names real-time signals by the nearer end of their range. */
const FROM_MIN = 15;
const FROM_MAX = 14;

const BY_NAME = new Map<string, number>([
  ...Object.entries(constants.signals).map(([name, number]) => [name, number] as const),
  ['SIGCLD', constants.signals.SIGCHLD],
]);

/**
 * A signal's number, from its number or name, with or without SIG, in any case; `RTMIN+3` too. Any number but 0 is
 * taken: whether there is such a signal is another question ({@link isSignal}).
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = /^[+-]?\d{1,15}$/.test(text)
    ? Number(text)
    : (BY_NAME.get(`SIG${name}`) ?? realTimeSignal(name));
  if (!number) throw new EngineError('invalid-parameter', `invalid signal: ${text}`);
  return number;
}

/** Whether programs may be sent it: 32 and 33 are the C library's own. */
export function isSignal(number: number): boolean {
  return (number >= 1 && number <= 31) || (number >= SIGRTMIN && number <= SIGRTMAX);
}

function realTimeSignal(name: string): number | undefined {
  if (name === 'RTMIN') return SIGRTMIN;
  if (name === 'RTMAX') return SIGRTMAX;
  const [, sign, digits = ''] = /^RT(MIN\+|MAX-)([1-9]\d?)$/.exec(name) ?? [];
  const distance = Number(digits);
  if (sign === 'MIN+' && distance <= FROM_MIN) return SIGRTMIN + distance;
  if (sign === 'MAX-' && distance <= FROM_MAX) return SIGRTMAX - distance;
  return undefined;
}
