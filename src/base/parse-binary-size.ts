import { EngineError } from './errors.ts';

const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * `10m`, `1.5 GiB`, `512`: bytes, units always powers of 1024, as go-units' RAMInBytes reads them.
 * @throws EngineError invalid-parameter in Docker's words
 */
export function parseBinarySize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text);
  if (!match) throw new EngineError('invalid-parameter', `invalid size: '${text}'`);
  const exponent = UNITS.indexOf((match[2] ?? '').toLowerCase());
  const bytes = Math.floor(Number(match[1]) * 1024 ** exponent);
  if (!Number.isSafeInteger(bytes)) throw new EngineError('invalid-parameter', `invalid size: '${text}'`);
  return bytes;
}
