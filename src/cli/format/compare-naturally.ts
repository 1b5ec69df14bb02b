/** Orders texts with their numbers by value: `vol9` before `vol10`. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [value, otherValue] = [Number(part), Number(other)];
    if (!Number.isNaN(value) && !Number.isNaN(otherValue) && value !== otherValue) return value - otherValue;
    return part < other ? -1 : 1;
  }
  return left.length - right.length;
}

function partsOf(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}
