import { readFileSync } from 'node:fs';

const AT_PAGESZ = 6n;
const COMMON = 4096;

let known: number | undefined;

/** The size of the kernel's pages: arm64 may have 16 and 64 KiB (getauxval(3); proc_pid_auxv(5)). */
export function pageBytes(): number {
  known ??= parsePageBytes(readFileSync('/proc/self/auxv'));
  return known;
}

/** @param vector pairs of 64-bit numbers: what it is, and its value */
export function parsePageBytes(vector: Buffer): number {
  for (let at = 0; at + 16 <= vector.length; at += 16)
    if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8));
  return COMMON;
}
