/**
 * The environment as a process gets it: of several entries with the same name the last one, and no empty HOME,
 * which stands for the user's own.
 */
export function effectiveEnvironment(environment: readonly string[]): string[] {
  const last = new Map(environment.map((entry, index) => [variableName(entry), index]));
  return environment.filter((entry, index) => last.get(variableName(entry)) === index && entry !== 'HOME=');
}

/** What is before the first `=` of `NAME=value`. */
export function variableName(entry: string): string {
  const end = entry.indexOf('=');
  return end === -1 ? entry : entry.slice(0, end);
}
