/** One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1). */
export type Challenge = { scheme: string; parameters: ReadonlyMap<string, string> };

const TOKEN = /[\w!#$%&'*+.^`|~-]+/y;
const PARAMETER = /\s*,?\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const SEPARATOR = /[\s,]*/y;
/** Headers have less. */
const MAXIMUM_LENGTH = 16_384;

/** The challenges of all such headers, schemes in lower case; what is malformed ends the list. */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  const text = [header ?? []].flat().join(', ').slice(0, MAXIMUM_LENGTH);
  const challenges: Challenge[] = [];
  const scanner = new Scanner(text);
  for (;;) {
    scanner.match(SEPARATOR);
    const scheme = scanner.match(TOKEN)?.[0];
    if (scheme === undefined) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: parametersOf(scanner) });
  }
}

function parametersOf(scanner: Scanner): Map<string, string> {
  const parameters = new Map<string, string>();
  for (;;) {
    const match = scanner.match(PARAMETER);
    if (match === null) return parameters;
    const [, name = '', quoted, plain = ''] = match;
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/gs, '$1') ?? plain);
  }
}

class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What is next, if it is that. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#position = pattern.lastIndex;
    return match;
  }
}
