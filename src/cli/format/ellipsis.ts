/** Cuts `text` to `length` characters, the last of them an ellipsis. */
export function ellipsis(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  return length <= 1 ? (characters[0] ?? '') : `${characters.slice(0, length - 1).join('')}…`;
}
