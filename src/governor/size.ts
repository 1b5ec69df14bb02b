import { EngineError } from '../base/errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** `512m`, as docker's flags have sizes. @throws EngineError whose message says what would be right */
export function parseBytes(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,15})([bkmgt]?)b?$/.exec(text.toLowerCase()) ?? [];
  const bytes = number === '' ? Number.NaN : Number(number) * UNITS[unit]!;
  if (!Number.isSafeInteger(bytes))
    throw new EngineError('invalid-parameter', 'want a size, such as 512m or 2g');
  return bytes;
}
