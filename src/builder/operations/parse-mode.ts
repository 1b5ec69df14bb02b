import { EngineError } from '../../base/errors.ts';
import type { ModeChange } from '../../archive/rooted/pack-copy.ts';

const ALL = 0o7777;
const CLASSES: Record<string, number> = { u: 0o4700, g: 0o2070, o: 0o1007, a: ALL };
const BITS: Record<string, number> = { r: 0o444, w: 0o222, x: 0o111 };

/**
 * `--chmod`: octal (`755`, `0644`) or symbolic (`u=rwX,go=rX`), as chmod(1) has it without a umask.
 * @throws EngineError invalid-parameter
 */
export function parseMode(text: string): ModeChange[] {
  if (/^[0-7]{1,5}$/.test(text) && Number.parseInt(text, 8) <= ALL)
    return [{ keep: 0, set: Number.parseInt(text, 8), setExecutable: 0 }];
  return text.split(',').flatMap(clause => parseClause(clause, text));
}

function parseClause(clause: string, whole: string): ModeChange[] {
  const [, classes = '', actions = ''] = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause) ?? [];
  if (actions === '')
    throw new EngineError(
      'invalid-parameter',
      `invalid chmod parameter: '${whole}'. it should be octal string and between 0 and 07777`,
    );
  const mask = (classes || 'a').split('').reduce((sum, each) => sum | (CLASSES[each] ?? 0), 0);
  return [...actions.matchAll(/([-+=])([rwxXst]*)/g)].map(([, operator = '', letters = '']) => {
    const set = bitsOf(letters, mask, classes);
    const setExecutable = letters.includes('X') ? 0o111 & mask : 0;
    if (operator === '-') return { keep: ALL & ~(set | setExecutable), set: 0, setExecutable: 0 };
    // What `=` does not name is taken away, set-id bits of directories too.
    return { keep: operator === '=' ? ALL & ~mask : ALL, set, setExecutable };
  });
}

function bitsOf(letters: string, mask: number, classes: string): number {
  let bits = 0;
  for (const letter of letters) bits |= (BITS[letter] ?? 0) & mask;
  if (letters.includes('s')) bits |= 0o6000 & mask;
  if (letters.includes('t') && (classes === '' || /[oa]/.test(classes))) bits |= 0o1000;
  return bits;
}
