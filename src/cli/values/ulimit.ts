import type { Int64 } from '../../base/int64.ts';
import type { Ulimit } from '../../api/types.ts';
import { parseInt64 } from './go-numbers.ts';

const NAMES = new Set([
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
]);

/** `nofile=1024` or `nofile=1024:2048`; -1 is unlimited. */
export function parseUlimit(text: string): Required<Ulimit> {
  const at = text.indexOf('=');
  if (at === -1) throw new Error(`invalid ulimit argument: ${text}`);
  const Name = text.slice(0, at);
  if (!NAMES.has(Name)) throw new Error(`invalid ulimit type: ${Name}`);
  const limits = text.slice(at + 1).split(':');
  if (limits.length > 2)
    throw new Error(
      `too many limit value arguments - ${text.slice(at + 1)}, can only have up to two, \`soft[:hard]\``,
    );
  const [Hard = 0, Soft = Hard] = limits.reverse().map(limit => parseInt64(limit, { base: 10 }));
  checkOrder(Soft, Hard);
  return { Name, Hard, Soft };
}

function checkOrder(soft: Int64, hard: Int64): void {
  const rule = 'ulimit soft limit must be less than or equal to hard limit';
  if (hard === -1) return;
  if (soft === -1) throw new Error(`${rule}: soft: -1 (unlimited), hard: ${hard}`);
  if (soft > hard) throw new Error(`${rule}: ${soft} > ${hard}`);
}
