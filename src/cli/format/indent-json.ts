const STEP = '    ';

/**
 * Indents JSON text by four spaces, as Docker's `inspect` prints it: every number, key and string stays as the
 * daemon wrote it.
 */
export function indentJson(text: string, depth = 0): string {
  let level = depth;
  const line = () => `\n${STEP.repeat(level)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, token => {
    if (token.startsWith('"')) return token;
    if (/^[{[]./s.test(token)) return token.replace(/\s/g, '');
    if (token === '{' || token === '[') {
      level += 1;
      return token + line();
    }
    if (token === '}' || token === ']') {
      level -= 1;
      return line() + token;
    }
    if (token === ',') return token + line();
    return token === ':' ? ': ' : '';
  });
}
