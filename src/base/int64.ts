/** An integer of 64 bits: a bigint where a number would not be exact, a number otherwise. */
export type Int64 = number | bigint;

export function toInt64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
