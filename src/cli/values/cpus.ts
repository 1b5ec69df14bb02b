const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
const FRACTION = /^([+-]?\d+)\/(\d+)$/;
const NANO_DIGITS = 9;

/** `1.5`, `3/2`: CPUs, in billionths. */
export function parseCpus(text: string): number {
  const fraction = FRACTION.exec(text);
  if (fraction !== null) return exactDivision(BigInt(fraction[1] ?? 0), BigInt(fraction[2] ?? 1));
  const match = DECIMAL.exec(text);
  if (match === null || !/\d/.test(`${match[2]}${match[3]}`))
    throw new Error(`failed to parse ${text} as a rational number`);
  const [, sign, whole = '', decimals = '', exponent = '0'] = match;
  const shift = NANO_DIGITS + Number(exponent) - decimals.length;
  const digits = BigInt(`${whole}${decimals}`) * (sign === '-' ? -1n : 1n);
  if (shift >= 0) return Number(digits * 10n ** BigInt(shift));
  const divisor = 10n ** BigInt(-shift);
  if (digits % divisor !== 0n) throw new Error('value is too precise');
  return Number(digits / divisor);
}

function exactDivision(numerator: bigint, denominator: bigint): number {
  const scaled = numerator * 10n ** BigInt(NANO_DIGITS);
  if (denominator === 0n || scaled % denominator !== 0n) throw new Error('value is too precise');
  return Number(scaled / denominator);
}
