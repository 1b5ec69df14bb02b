/** The whole match of an expression, and its groups; nothing where it does not match, or a group has no part in it. */
export function captures(pattern: RegExp, text: string): readonly (string | undefined)[] {
  return pattern.exec(text) ?? [];
}
