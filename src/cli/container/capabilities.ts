const ALL = 'ALL';

/** `net_admin`, `CAP_NET_ADMIN`: one form, in order, each once. */
export function normalizeCapabilities(names: readonly string[]): string[] {
  return [...new Set(names.map(normalize))].sort();
}

function normalize(name: string): string {
  const upper = name.trim().toUpperCase();
  return upper === ALL || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}
